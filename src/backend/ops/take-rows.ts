import {
  add,
  customGrad,
  gather,
  less,
  maximum,
  minimum,
  reshape,
  scalar,
  unsortedSegmentSum,
  where,
  type GradSaveFunc,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

/**
 * Rows of a table, as indexing in JAX takes them: numbers below 0 count from the end, numbers out of range give the nearest row. Back to
 * the table flows what came out of rows within range; the rest is dropped, as JAX's scatter drops it. The numbers are no input of the
 * differentiated operation.
 *
 * @param table `[rows, n]`
 * @param numbers int32 of any shape
 * @returns `[...numbers, n]`
 */
export function takeRows(table: Tensor2D, numbers: Tensor): Tensor {
  const [rows, n] = table.shape;
  const int = (value: number): Tensor => scalar(value, 'int32');
  const flat = reshape(numbers, [numbers.size]);
  const wrapped = where(less(flat, int(0)), add(flat, int(rows)), flat) as Tensor1D;
  const inReach = minimum<Tensor1D>(maximum<Tensor1D>(wrapped, int(0)), int(rows - 1));
  // JAX takes one row as a slice, which gives back to the row that it came from.
  const places = numbers.rank === 0 ? inReach : wrapped;
  const operation = customGrad((...inputs) => {
    const [x, save] = inputs as unknown as [Tensor2D, GradSaveFunc];
    save([places]);
    return {
      value: gather(x, inReach),
      // Places out of range belong to no row: their sums are dropped.
      gradFunc: (dy: Tensor, [segments]: Tensor[]) => unsortedSegmentSum(dy, segments as Tensor1D, rows),
    };
  });
  return reshape(operation(table), [...numbers.shape, n]);
}
