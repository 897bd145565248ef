export { constant } from './constant.js';
export { identity, type IdentityOptions } from './identity.js';
export type { Initializer } from '../module/parameters.js';
export { orthogonal, type OrthogonalOptions } from './orthogonal.js';
export { randomNormal, type RandomNormalOptions } from './random-normal.js';
export { randomUniform, type RandomUniformOptions } from './random-uniform.js';
export { truncatedNormal, type TruncatedNormalOptions } from './truncated-normal.js';
export { uniformScaling, type UniformScalingOptions } from './uniform-scaling.js';
export { varianceScaling, type VarianceScalingOptions } from './variance-scaling.js';
