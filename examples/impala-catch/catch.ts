import * as hk from 'tanka';

export const ROWS = 10;
export const COLUMNS = 5;
/** Left, stay, right. */
export const ACTIONS = 3;
/** Steps of an episode: the ball falls one row a step. */
export const EPISODE_LENGTH = ROWS - 1;

/**
 * Several games of Catch (as in bsuite) in lockstep: a ball falls down a board, a paddle in the last row shall be below it.
 * The reward is 1 or -1 in the last step of an episode, and 0 before it.
 */
export class Catch {
  private readonly columns: Int32Array;
  private readonly paddles: Int32Array;
  private row = 0;
  private episode = 0;

  constructor(
    private readonly games: number,
    private readonly key: hk.PRNGKey,
  ) {
    this.columns = new Int32Array(games);
    this.paddles = new Int32Array(games);
    this.reset();
  }

  /** Starts an episode: balls in the first row, in columns of their own; paddles in the middle. */
  reset(): void {
    const drawn = hk.random.randint(hk.random.foldIn(this.key, this.episode++), [this.games], 0, COLUMNS);
    this.columns.set(drawn.dataSync());
    drawn.dispose();
    this.paddles.fill(Math.floor(COLUMNS / 2));
    this.row = 0;
  }

  /** The boards, `games` times {@link ROWS} times {@link COLUMNS}: 1 at the ball and at the paddle. */
  observe(): Float32Array {
    const boards = new Float32Array(this.games * ROWS * COLUMNS);
    for (let game = 0; game < this.games; game++) {
      const board = boards.subarray(game * ROWS * COLUMNS);
      board[this.row * COLUMNS + this.columns[game]] = 1;
      board[(ROWS - 1) * COLUMNS + this.paddles[game]] = 1;
    }
    return boards;
  }

  /** Moves the paddles (0 left, 1 stay, 2 right) and lets the balls fall; returns the rewards. */
  step(actions: ArrayLike<number>): Float32Array {
    this.row++;
    const last = this.row === ROWS - 1;
    return Float32Array.from(this.columns, (column, game) => {
      const moved = this.paddles[game] + actions[game] - 1;
      this.paddles[game] = Math.min(COLUMNS - 1, Math.max(0, moved));
      return last ? (this.paddles[game] === column ? 1 : -1) : 0;
    });
  }
}
