"""The engine against hnswlib, faiss and usearch: same vectors, same machine, same run, taking turns.

    python3 -m venv venv && venv/bin/pip install numpy hnswlib faiss-cpu usearch
    cargo build --release --example graph_peer
    venv/bin/python benches/peers/vectors.py --out ratios.json

Prints a table of ratios, ours over theirs, and writes every figure as JSON. A ratio is the median over rounds in which
all took turns. Times are processor times of the process, so that others on the machine disturb them little; wall times
are in the JSON beside them.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

import faiss
import hnswlib
import numpy as np
import usearch
from usearch.index import Index

M, EF_CONSTRUCT, K = 16, 128, 10
EFS = [10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512, 768, 1024]
# Of a graph over codes: beam widths, and how many times as many hits are fetched by code as asked for.
CODED = [(ef, times) for ef in [10, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128, 192] for times in [1, 2, 3, 4, 6, 8, 12, 16]]
TARGETS = [0.95, 0.99, 0.999]


def clustered(rows, queries, dim, seed):
    """A mixture of 300 Gaussians with a spectrum that decays as 1/sqrt(i), rotated and L2-normalised."""
    rng = np.random.default_rng(seed)
    spectrum = (1 + np.arange(dim)) ** -0.5
    rotation = np.linalg.qr(rng.standard_normal((dim, dim)))[0].astype(np.float32)
    centres = rng.standard_normal((300, dim)) * spectrum
    weights = rng.dirichlet(np.full(300, 2.0))

    def draw(count):
        noise = 0.7 * rng.standard_normal((count, dim)) * spectrum
        points = (centres[rng.choice(300, size=count, p=weights)] + noise).astype(np.float32) @ rotation
        return np.ascontiguousarray(points / np.linalg.norm(points, axis=1, keepdims=True), dtype=np.float32)

    return draw(rows), draw(queries)


def timed(job):
    """Wall and processor seconds of `job`, and what it returned."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = job()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}, result


class Ours:
    """The engine, in a process of its own that answers commands."""

    def __init__(self, name, binary, folder, base, queries):
        self.name, self.answers = name, folder / f"{name}.u32"
        base.tofile(folder / "base.f32")
        queries.tofile(folder / "queries.f32")
        command = [binary, str(base.shape[1]), folder / "base.f32", folder / "queries.f32", self.answers]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended while it was asked: {command}")
        return json.loads(line)

    def build(self, threads):
        answer = self.ask(f"build {self.name} {threads} {M} {EF_CONSTRUCT}")
        self.about = {key: answer[key] for key in ("links", "bytes", "kernels")}
        return answer["took"]

    def search(self, ef):
        answer = self.ask(f"search {ef} {K}")
        return answer["took"], np.fromfile(self.answers, "<u4").reshape(-1, K)


class Coded(Ours):
    """Our graph over codes, the hits scored again with floats; a setting is a beam width and an oversampling."""

    settings = CODED

    def __init__(self, ours, kind):
        self.name, self.kind, self.answers, self.process = kind, kind, ours.answers, ours.process

    def build(self, threads):
        answer = self.ask(f"code {self.kind} {threads} {M} {EF_CONSTRUCT}")
        self.about = {key: answer[key] for key in ("bytes", "code_bytes", "float_bytes")}
        return answer["took"]

    def search(self, setting):
        answer = self.ask("coded {} {} {}".format(*setting, K))
        return answer["took"], np.fromfile(self.answers, "<u4").reshape(-1, K)


class Hnswlib:
    name = "hnswlib"
    about = {"version": getattr(hnswlib, "__version__", "unknown"), "kernels": "compiled by pip with -march=native"}

    def __init__(self, base, queries):
        self.base, self.queries = base, queries

    def build(self, threads):
        self.index = hnswlib.Index("ip", self.base.shape[1])
        self.index.init_index(len(self.base), M=M, ef_construction=EF_CONSTRUCT, random_seed=42)
        return timed(lambda: self.index.add_items(self.base, num_threads=threads))[0]

    def search(self, ef):
        self.index.set_ef(ef)
        took, (labels, _) = timed(lambda: self.index.knn_query(self.queries, k=K, num_threads=1))
        return took, labels


class Faiss:
    name = "faiss"
    about = {"version": faiss.__version__, "kernels": faiss.get_compile_options().strip()}

    def __init__(self, base, queries):
        self.base, self.queries = base, queries

    def build(self, threads):
        faiss.omp_set_num_threads(threads)
        self.index = faiss.IndexHNSWFlat(self.base.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = EF_CONSTRUCT
        took, _ = timed(lambda: self.index.add(self.base))
        faiss.omp_set_num_threads(1)
        return took

    def search(self, ef):
        self.index.hnsw.efSearch = ef
        took, (_, labels) = timed(lambda: self.index.search(self.queries, K))
        return took, labels


class Usearch:
    name = "usearch"

    def __init__(self, base, queries):
        self.base, self.queries = base, queries

    def build(self, threads):
        self.index = Index(
            ndim=self.base.shape[1], metric="ip", dtype="f32", connectivity=M, expansion_add=EF_CONSTRUCT
        )
        self.about = {"version": usearch.__version__, "kernels": self.index.hardware_acceleration}
        keys = np.arange(len(self.base))
        return timed(lambda: self.index.add(keys, self.base, threads=threads))[0]

    def search(self, ef):
        self.index.expansion_search = ef
        took, matches = timed(lambda: self.index.search(self.queries, K, threads=1))
        return took, matches.keys


def recall(labels, truth):
    return float(np.mean([len(set(found) & set(true)) / K for found, true in zip(labels.tolist(), truth.tolist())]))


def take_turns(peers, rounds, job):
    """`job` of every peer in every round, another one first each time; a list of results per peer."""
    results = {peer.name: [] for peer in peers}
    for i in range(rounds):
        for peer in peers[i % len(peers) :] + peers[: i % len(peers)]:
            results[peer.name].append(job(peer))
    return results


def ratios(results, ours):
    """Medians over rounds of theirs over ours in processor time: how many times as fast ours is."""
    return {
        name: statistics.median(t["cpu"] / o["cpu"] for t, o in zip(times, results[ours]))
        for name, times in results.items()
    }


def tried(peer, truth):
    """Recall and seconds of every setting of a peer; of beam widths alone, up to the first that reaches every target."""
    of = []
    settings = getattr(peer, "settings", EFS)
    for setting in settings:
        took, labels = peer.search(setting)
        of.append({"setting": setting, "recall": recall(labels, truth), "cpu": took["cpu"]})
        if settings is EFS and of[-1]["recall"] >= TARGETS[-1]:
            break
    return of


def fastest(tried, target):
    """The setting that took the least time of those that reach `target`."""
    enough = [one for one in tried if one["recall"] >= target]
    return min(enough, key=lambda one: one["cpu"])["setting"] if enough else None


def compare_searches(peers, truth, rounds):
    found = {peer.name: tried(peer, truth) for peer in peers}
    out = {"tried": found, "targets": {}}
    for target in TARGETS:
        best = {name: fastest(of, target) for name, of in found.items()}
        able = [peer for peer in peers if best[peer.name]]
        times = take_turns(able, rounds, lambda peer: peer.search(best[peer.name])[0])
        rates = {n: statistics.median(len(truth) / t["cpu"] for t in of) for n, of in times.items()}
        out["targets"][str(target)] = {"setting": best, "queries_per_second": rates, "times": times}
        if peers[0] in able:
            out["targets"][str(target)]["ratio"] = ratios(times, peers[0].name)
    return out


def compare_codes(ours, args, truth):
    """Our graph over each kind of codes against our graph over floats; one at a time is in memory."""
    out = {}
    for kind in ["bits", "four_bits", "bytes"]:
        coded = Coded(ours, kind)
        build = coded.build(args.threads)
        found = compare_searches([ours, coded], truth, args.rounds)
        out[kind] = {"build": build, "about": coded.about, **found}
    return out


def bandwidth(ours, rounds):
    """The scan against reading the same rows and doing nothing with them."""
    shares, rates, batch, queries = [], [], [], 20
    for _ in range(rounds):
        # As often as the scan, because processor time is known to a few milliseconds only.
        reads = ours.ask(f"read 1 {queries}")
        scan = ours.ask(f"scan {queries} {K}")
        read = reads["bytes"] / reads["took"]["cpu"]
        shares.append(scan["bytes"] / scan["took"]["cpu"] / read)
        rates.append(read / 1e9)
        batch.append(ours.ask(f"batch 2 {K}")["took"])
    return {"read_gb_per_second": statistics.median(rates), "scan_share": statistics.median(shares), "batch": batch}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--threads", type=int, default=2, help="of every build; searches have one")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--build-rounds", type=int, default=1)
    parser.add_argument("--hnsw-rs", action="store_true", help="the other selectable graph as well; it builds slowly")
    parser.add_argument("--binary", default="target/release/examples/graph_peer")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        base, queries = clustered(args.rows, args.queries, args.dim, seed=7)
        ours = [
            Ours(name, args.binary, pathlib.Path(folder), base, queries)
            for name in (["hnsw", "hnsw_rs"] if args.hnsw_rs else ["hnsw"])
        ]
        peers = ours + [Hnswlib(base, queries), Faiss(base, queries), Usearch(base, queries)]
        truth = np.argpartition(-(queries @ base.T), K, axis=1)[:, :K]
        builds = take_turns(peers, args.build_rounds, lambda peer: peer.build(args.threads))
        load = os.getloadavg()[0]
        result = {
            "machine": {"processor": platform.processor() or platform.machine(), "load": load},
            "data": {"rows": args.rows, "dim": args.dim, "queries": args.queries, "m": M, "ef_construct": EF_CONSTRUCT},
            "about": {peer.name: peer.about for peer in peers},
            "build": {"times": builds, "ratio": ratios(builds, "hnsw")},
            "scan": bandwidth(ours[0], args.rounds),
            "search": compare_searches(peers, truth, args.rounds),
            "codes": compare_codes(ours[0], args, truth),
        }
    args.out.write_text(json.dumps(result, indent=1))
    show(result, args)


def show(result, args):
    print(f"{args.rows} x {args.dim}, load {result['machine']['load']:.1f}; times as fast as each, processor time")
    for name, about in result["about"].items():
        print(f"  {name}: {about}")
    names = list(result["about"])
    print(f"{'':28}" + "".join(f"{n:>20}" for n in names))
    cpu = {n: statistics.median(t["cpu"] for t in of) for n, of in result["build"]["times"].items()}
    cells = "".join(f"{cpu[n]:>12.1f} s {result['build']['ratio'][n]:>5.2f}x" for n in names)
    print(f"{'build, ' + str(args.threads) + ' threads':28}{cells}")
    for target, row in result["search"]["targets"].items():
        rate, ratio = row["queries_per_second"], row.get("ratio", {})
        cells = "".join(
            f"{rate[n]:>11.0f}/s {ratio.get(n, float('nan')):>5.2f}x" if n in rate else f"{'not reached':>20}" for n in names
        )
        print(f"{'knn_recall@10 >= ' + target:28}{cells}")
    for kind, codes in result["codes"].items():
        about = codes["about"]
        share = about["float_bytes"] / about["code_bytes"]
        print(f"graph over {kind}, rescored: codes 1/{share:.2f} of the floats, links {about['bytes']} bytes, "
              f"built in {codes['build']['cpu']:.1f} s; against the float graph")
        for target, row in codes["targets"].items():
            rate = row["queries_per_second"]
            if kind not in rate:
                print(f"  knn_recall@10 >= {target}: not reached")
                continue
            # `ratio` is ours over theirs, so the float graph's time over that of the codes is its inverse.
            print(f"  knn_recall@10 >= {target}: {rate[kind]:.0f}/s, {1 / row['ratio'][kind]:.2f}x, "
                  "ef {}, oversampling {}".format(*row["setting"][kind]))
    scan = result["scan"]
    print(f"exact scan: {scan['scan_share']:.0%} of {scan['read_gb_per_second']:.1f} GB/s read bandwidth, one thread")


if __name__ == "__main__":
    main()
