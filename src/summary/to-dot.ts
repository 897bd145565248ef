import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { withInterceptor } from '../module/interceptors.js';
import { runAbstractly, withTensors, type Shaped, type ShapedKernel } from '../transform/eval-shape.js';
import { pairInfo, type AnyFunction } from '../transform/pair.js';
import { formatArray } from '../tree/format.js';
import { tensorsOf } from '../tree/owned.js';
import { leavesWithPath, type Tree } from '../tree/tree.js';

/** Operations and method calls within one method call. */
interface Cluster {
  readonly title: string;
  readonly kernels: ShapedKernel[];
  readonly clusters: Cluster[];
}

/** What ran, with names for the tensors that came in and went out. */
interface Trace {
  readonly root: Cluster;
  readonly inputs: ReadonlyMap<object, { readonly name: string; readonly info: TensorInfo }>;
  readonly outputs: ReadonlyMap<object, string>;
  /** What single values were, where they are known: read at once, before they are freed. */
  readonly values: ReadonlyMap<object, number>;
}

const METHODS_LEFT_OUT = new Set(['paramsDict', 'stateDict']);

function namesOf(value: unknown, name: (path: readonly string[]) => string): [Tensor, string][] {
  return leavesWithPath(value as Tree<unknown>).flatMap(({ path, leaf }) =>
    tensorsOf(leaf).map((tensor): [Tensor, string] => [tensor, name(path)]),
  );
}

function nameOfPart(base: string, isList: boolean): (path: readonly string[]) => string {
  return (path) => {
    const [first, ...rest] = isList ? path : ['', ...path];
    return `${isList ? `${base}[${first}]` : base}${rest.length > 0 ? `: ${rest.join('/')}` : ''}`;
  };
}

function trace(f: AnyFunction, args: readonly unknown[]): Trace {
  const { name } = pairInfo(f)?.original ?? f;
  const root: Cluster = { title: name === '' ? 'function' : name, kernels: [], clusters: [] };
  const open = [root];
  const values = new Map<object, number>();
  return runAbstractly(
    () => {
      const given = args.map(withTensors);
      const output = withInterceptor(
        (next, rest, context) => {
          const { methodName } = context;
          if (METHODS_LEFT_OUT.has(methodName)) return next(...rest);
          const kernels: ShapedKernel[] = [];
          const clusters: Cluster[] = [];
          const parent = open[open.length - 1];
          open.push({ title: '', kernels, clusters });
          try {
            return next(...rest);
          } finally {
            open.pop();
            // Named afterwards: the constructor is what gives a module its name.
            const { moduleName } = context.module;
            const title = methodName === 'call' ? moduleName : `${moduleName} (${methodName})`;
            if (kernels.length + clusters.length > 0) parent.clusters.push({ title, kernels, clusters });
          }
        },
        () => f(...(given as never[])),
      );
      return { given, output };
    },
    ({ given, output }) => {
      const inputs = namesOf(given, nameOfPart('args', true));
      const outputs = namesOf(output, nameOfPart('output', Array.isArray(output)));
      return {
        root,
        inputs: new Map(inputs.map(([info, name]) => [info.dataId, { name, info }])),
        outputs: new Map(outputs.map(([{ dataId }, name]) => [dataId, name])),
        values,
      };
    },
    {
      onKernel: (kernel) => {
        open[open.length - 1].kernels.push(kernel);
        for (const info of Object.values(kernel.inputs)) readValue(info, values);
      },
    },
  );
}

/** Notes the value of a scalar that has one: not so of results and of random samples. */
function readValue(info: TensorInfo | undefined, values: Map<object, number>): void {
  if (info === undefined || values.has(info.dataId) || info.shape.some((size) => size !== 1)) return;
  try {
    values.set(info.dataId, (engine().readSync(info.dataId) as Float32Array)[0]);
  } catch {
    // Its shape will do.
  }
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function depthOf({ clusters }: Cluster): number {
  return 1 + Math.max(0, ...clusters.map(depthOf));
}

function fontSize(depth: number): number {
  return Math.floor(1.4 ** depth * 14);
}

/** Looks of the nodes: those of Haiku. */
const COLORS = {
  operation: 'style="filled" fontcolor="black" color="#FFDB13" fillcolor="#FFF26E"',
  output: 'style="filled,bold" fontcolor="black" color="#0053D6" fillcolor="#AABFFF"',
  input: 'style="filled" fontcolor="black" color="#FF8A4F" fillcolor="#FFDEAF"',
  reuse: 'style="filled" fontcolor="#565858" color="#FF8A4F" fillcolor="#FFEACC"',
  constant: 'style="filled" fontcolor="black" color="#A261FF" fillcolor="#E6D6FF"',
} as const;

class Writer {
  readonly lines: string[] = [];
  readonly #ids = new Map<object, string>();
  readonly #made = new Set<object>();
  readonly #uses = new Map<object, number>();
  readonly #constants = new Map<object, TensorInfo>();
  #clusters = 0;

  constructor(private readonly trace: Trace) {}

  #id(data: object): string {
    const id = this.#ids.get(data) ?? `n${this.#ids.size}`;
    this.#ids.set(data, id);
    return id;
  }

  #node(id: string, label: string, look: keyof typeof COLORS): void {
    this.lines.push(`${id} [label=<${label}> id="node_${id}" shape=rect tooltip=" " ${COLORS[look]}];`);
  }

  cluster(cluster: Cluster, depth: number, isRoot = false): void {
    if (!isRoot) {
      this.lines.push(
        `subgraph cluster_${this.#clusters++} {`,
        '  style="rounded,filled"; fillcolor="#F0F5F5"; color="#14234B"; pad=0.1;',
        `  fontsize=${fontSize(depth)}; labelloc=t; label=<<b>${escape(cluster.title)}</b>>;`,
      );
    }
    for (const { name, outputs } of cluster.kernels) {
      const shapes = outputs.map((info) => `<br/>${formatArray(info)}`).join('');
      // A kernel of several results is one node.
      const [first, ...others] = outputs;
      const id = this.#id(first.dataId);
      for (const { dataId } of others) this.#ids.set(dataId, id);
      for (const { dataId } of outputs) this.#made.add(dataId);
      const named = outputs.flatMap(({ dataId }) => this.trace.outputs.get(dataId) ?? []);
      const label = [...named, name].map((part) => `<b>${escape(part)}</b>`).join('<br/>');
      this.#node(id, label + shapes, named.length > 0 ? 'output' : 'operation');
    }
    for (const inner of cluster.clusters) this.cluster(inner, depth - 1);
    if (!isRoot) this.lines.push('}');
    for (const { inputs, outputs } of cluster.kernels) {
      for (const input of Object.values(inputs)) {
        if (input !== undefined) this.lines.push(`${this.#source(input)} -> ${this.#id(outputs[0].dataId)};`);
      }
    }
  }

  /** The node of a tensor that is read; an input has one for each use, so that no bundle of edges crosses the picture. */
  #source(info: TensorInfo): string {
    const { dataId } = info;
    const id = this.#id(dataId);
    if (this.trace.inputs.has(dataId)) {
      const use = this.#uses.get(dataId) ?? 0;
      this.#uses.set(dataId, use + 1);
      return `${id}_${use}`;
    }
    if (!this.#made.has(dataId)) this.#constants.set(dataId, info);
    return id;
  }

  #constantLabel(info: TensorInfo): string {
    const value = this.trace.values.get(info.dataId);
    return value === undefined ? formatArray(info) : String(Number(value.toPrecision(6)));
  }

  /** What was read and not made. */
  leaves(): void {
    for (const [dataId, uses] of this.#uses) {
      const { name, info } = this.trace.inputs.get(dataId) as { name: string; info: TensorInfo };
      const label = `<b>${escape(name)}</b><br/>${formatArray(info)}`;
      for (let use = 0; use < uses; use++) {
        this.#node(
          `${this.#id(dataId)}_${use}`,
          use === 0 ? label : `<b>(reuse)</b><br/>${label}`,
          use === 0 ? 'input' : 'reuse',
        );
      }
    }
    for (const [dataId, info] of this.#constants) {
      if (!this.#made.has(dataId))
        this.#node(this.#id(dataId), `<b>${this.#constantLabel(info)}</b>`, 'constant');
    }
  }
}

/**
 * The operations that `f` executes as the source of a Graphviz graph: a cluster for each call of a module's method, arguments, results and
 * constants in colours of their own, as Haiku draws it. `f` runs for shapes alone, also on `{ shape, dtype }` in place of tensors.
 *
 * `hk.toDot(model.apply)(params, null, x)` is text for any Graphviz, `@viz-js/viz` among them.
 *
 * @throws `shape-without-value` when `f` reads the values of a tensor, and whatever `f` throws
 */
export function toDot<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
): (...args: { [K in keyof Args]: Shaped<Args[K]> }) => string {
  return (...args) => {
    const traced = trace(f as AnyFunction, args as unknown as readonly unknown[]);
    const depth = depthOf(traced.root);
    const writer = new Writer(traced);
    writer.cluster(traced.root, depth, true);
    writer.leaves();
    return [
      'digraph G {',
      'rankdir=TD; compound=true; labelloc=t;',
      `fontsize=${fontSize(depth)}; label=<<b>${escape(traced.root.title)}</b>>;`,
      'node [fontname="Helvetica,Arial,sans-serif" fontsize=12]; graph [fontname="Helvetica,Arial,sans-serif"];',
      ...writer.lines,
      '}',
      '',
    ].join('\n');
  };
}
