import { serve } from 'tanka/worker';
import { trainer } from './trainer.js';

serve(trainer);
