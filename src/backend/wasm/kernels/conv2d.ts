import { backend_util, util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../heap.js';
import { kernel, requireFloat } from '../kernel.js';

interface ConvAttrs {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  /** TensorFlow.js never passes it to the gradients; our rule for dilated convolutions does. */
  readonly dilations?: number | [number, number];
}

/** The gradient of a convolution with respect to its filter. */
function filterGradient(
  { x, dy }: { x: TensorInfo; dy: TensorInfo },
  attrs: ConvAttrs & { readonly filterShape: [number, number, number, number] },
): TensorInfo {
  requireFloat('Conv2DBackpropFilter', x, dy);
  const info = backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    attrs.filterShape,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    false,
    backend_util.convertConv2DDataFormat(attrs.dataFormat),
  );
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const { top, left } = info.padInfo;
  const out = makeOutput(attrs.filterShape);
  const kernels = raw();
  const paddedHeight = Math.max(
    inHeight + top,
    (outHeight - 1) * strideHeight + (filterHeight - 1) * dilationHeight + 1,
  );
  const paddedWidth = Math.max(
    inWidth + left,
    (outWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth + 1,
  );
  const isPadded = paddedHeight !== inHeight || paddedWidth !== inWidth;
  const imageBytes = isPadded ? 4 * paddedHeight * paddedWidth * inChannels : 0;
  const blockBytes = kernels.conv2dFilterGradientScratch(outHeight, outWidth, outChannels);
  const images = address(x);
  const gradients = address(dy);
  const to = address(out);
  if (batchSize * outHeight * outWidth === 0) kernels.clear(to, 4 * util.sizeFromShape(attrs.filterShape));
  withScratch(imageBytes + blockBytes, (scratch) => {
    for (let i = 0; i < batchSize; i++) {
      let image = images + 4 * i * inHeight * inWidth * inChannels;
      if (isPadded) {
        const padded = scratch + blockBytes;
        kernels.padImage(image, inHeight, inWidth, inChannels, top, left, paddedHeight, paddedWidth, padded);
        image = padded;
      }
      kernels.conv2dFilterGradient(
        image,
        paddedWidth,
        inChannels,
        gradients + 4 * i * outHeight * outWidth * outChannels,
        outHeight,
        outWidth,
        outChannels,
        to,
        filterHeight,
        filterWidth,
        strideHeight,
        strideWidth,
        dilationHeight,
        dilationWidth,
        i === 0 ? 0 : 1,
        scratch,
      );
    }
  });
  return out;
}

/** Two-dimensional convolution and its gradients. */
export const conv2dKernels: readonly KernelConfig[] = [
  kernel<
    { x: TensorInfo; dy: TensorInfo },
    ConvAttrs & { readonly filterShape: [number, number, number, number] }
  >('Conv2DBackpropFilter', ({ inputs, attrs }) => filterGradient(inputs, attrs)),
];
