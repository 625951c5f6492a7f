#!/usr/bin/env python3
"""Times `evalrun eval` and other tools for run files on the same files, taking turns, in one run.

    python3 -m venv venv && venv/bin/pip install pytrec_eval-terrier ir_measures ranx
    cargo build --release
    venv/bin/python benches/peers/measures.py --trec-eval PATH --json out.json

Every tool reads both files and computes the same five measures for every query: nDCG@10, AP, RR, R@100, P@10. Each
turn is a fresh process; its wall time, processor time and peak memory are those that the kernel reports for it. A tool
that is not installed is left out and said so. trec_eval is one program of several versions: `--trec-eval` may be
repeated.

Files are made from a fixed seed; `--folder` keeps them for the next time:
    big    6,980 queries x 1,000 hits, 50 judgements each (the shape of MS MARCO's dev set)
    wide   100,000 queries x 10 hits, 4 judgements each
    double twice the queries of `wide`, to see whether time is linear in them
"""

import argparse
import importlib.util
import json
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time

SHAPES = {
    "big": (6_980, 1_000, 50),
    "wide": (100_000, 10, 4),
    "double": (200_000, 10, 4),
}
DOCS = 8_841_823
TREC_EVAL = ["-q", "-m", "ndcg_cut.10", "-m", "map", "-m", "recip_rank", "-m", "recall.100", "-m", "P.10"]
PYTHON = ["pytrec_eval", "ranx", "ir_measures"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def make(folder, shape, scale):
    """Writes judgements and a run, unless they are there: scores fall, and half of the judged documents are found."""
    queries, hits, judged = SHAPES[shape]
    queries = max(1, int(queries * scale))
    qrels, run = (os.path.join(folder, f"{shape}-{queries}.{kind}") for kind in ("qrels", "run"))
    if os.path.exists(run):
        return qrels, run
    rng = random.Random(42)
    grades = (0, 0, 1, 1, 2, 3)
    with open(qrels, "w") as to_qrels, open(run + ".part", "w") as to_run:
        for i in range(queries):
            query = 1_000_000 + 7 * i
            # DOCS is prime: steps of any length meet every document once before the first one comes again.
            start, step = rng.randrange(DOCS), 2 * rng.randrange(1, 1 << 20) + 1
            docs = [(start + k * step) % DOCS for k in range(judged + hits - judged // 2)]
            to_qrels.write("".join(f"{query} 0 {d} {grades[d % 6]}\n" for d in docs[:judged]))
            found = docs[judged // 2 :]
            rng.shuffle(found)
            lines = [f"{query} Q0 {doc} {rank} {20 - rank / 128:.6f} peer\n" for rank, doc in enumerate(found, 1)]
            to_run.write("".join(lines))
    os.rename(run + ".part", run)
    return qrels, run


def work(tool, qrels, run):
    """Runs inside the process that is timed: reads with what the tool brings, and computes."""
    if tool == "pytrec_eval":
        import pytrec_eval

        with open(qrels) as file:
            judgements = pytrec_eval.parse_qrel(file)
        with open(run) as file:
            ranking = pytrec_eval.parse_run(file)
        measures = {"ndcg_cut.10", "map", "recip_rank", "recall.100", "P.10"}
        values = pytrec_eval.RelevanceEvaluator(judgements, measures).evaluate(ranking)
        print(statistics.fmean(v["map"] for v in values.values()))
    elif tool == "ranx":
        import ranx

        judgements = ranx.Qrels.from_file(qrels, kind="trec")
        ranking = ranx.Run.from_file(run, kind="trec")
        names = ["ndcg@10", "map", "mrr", "recall@100", "precision@10"]
        print(ranx.evaluate(judgements, ranking, names)["map"])
    elif tool == "ir_measures":
        import ir_measures
        from ir_measures import AP, RR, P, R, nDCG

        judgements = ir_measures.read_trec_qrels(qrels)
        ranking = ir_measures.read_trec_run(run)
        values = ir_measures.iter_calc([nDCG @ 10, AP, RR, R @ 100, P @ 10], judgements, ranking)
        print(statistics.fmean(v.value for v in values if str(v.measure) == "AP"))


def timed(command, output):
    """Wall seconds, processor seconds, peak bytes; None if the command failed or took longer than the limit."""
    start = time.perf_counter()
    sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    pid = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, sink, 1), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)],
    )
    os.close(sink)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        return None
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def tools(args):
    """Name and command of everything that is there."""
    found = [("evalrun", [os.path.abspath(args.evalrun), "eval", "--quiet", *TREC_EVAL])]
    paths = args.trec_eval or [p for p in [shutil.which("trec_eval")] if p]
    for path in paths:
        found.append((os.path.basename(path), [os.path.abspath(path), *TREC_EVAL]))
    if not paths:
        print("left out: trec_eval is not on the path and was not given", file=sys.stderr)
    for name in PYTHON:
        if importlib.util.find_spec(name):
            found.append((name, [sys.executable, os.path.abspath(__file__), "--work", name]))
        else:
            print(f"left out: {name} is not installed", file=sys.stderr)
    return [(name, command) for name, command in found if name == "evalrun" or name not in args.without]


def compare(shape, files, args, folder):
    """All tools in turn, round after round, the order turned round every other time."""
    competitors = tools(args)
    for path in files:
        with open(path, "rb") as file:
            while file.read(1 << 24):  # so that nobody's first turn pays for the disk
                pass
    times = {name: [] for name, _ in competitors}
    rounds = {name: args.rounds for name, _ in competitors}
    for turn in range(args.rounds):
        for name, command in competitors if turn % 2 == 0 else reversed(competitors):
            if turn >= rounds[name]:
                continue
            result = timed([*command, *files], os.path.join(folder, "out"))
            if result is None:
                print(f"{shape}: {name} failed", file=sys.stderr)
                rounds[name] = 0
                continue
            times[name].append(result)
            print(f"{shape}, round {turn + 1}: {name} {result[0]:.2f} s wall, {result[1]:.2f} s cpu", file=sys.stderr)
            if result[0] > args.slow:
                rounds[name] = turn + 1  # once is enough to see it
    size = os.path.getsize(files[1])
    rows = []
    for name, results in times.items():
        if results:
            wall, cpu, peak = (statistics.median(column) for column in zip(*results))
            rows.append({"tool": name, "rounds": len(results), "wall_s": wall, "cpu_s": cpu, "peak_bytes": peak,
                         "least_wall_s": min(r[0] for r in results), "peak_over_file": peak / size})
    for row in rows:
        row["wall_ratio"] = row["wall_s"] / rows[0]["wall_s"]
        row["cpu_ratio"] = row["cpu_s"] / rows[0]["cpu_s"]
    return {"shape": shape, "run_bytes": size, "load": os.getloadavg()[0], "tools": rows}


def show(result):
    print(f"\n{result['shape']}: {result['run_bytes'] / 1e6:.0f} MB, load {result['load']:.1f}")
    print(f"  {'tool':<12}{'rounds':>7}{'wall s':>9}{'least':>8}{'cpu s':>8}{'x wall':>8}{'x cpu':>8}{'peak MB':>9}{'/ file':>8}")
    for row in result["tools"]:
        print(f"  {row['tool']:<12}{row['rounds']:>7}{row['wall_s']:>9.2f}{row['least_wall_s']:>8.2f}{row['cpu_s']:>8.2f}"
              f"{row['wall_ratio']:>8.1f}{row['cpu_ratio']:>8.1f}{row['peak_bytes'] / 1e6:>9.0f}{row['peak_over_file']:>8.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evalrun", default=os.path.join(ROOT, "target", "release", "evalrun"))
    parser.add_argument("--trec-eval", action="append", metavar="PATH", help="a trec_eval program; may be repeated")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["big", "wide"])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the queries, for a quick look")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow", type=float, default=20.0, help="a tool that takes longer has one turn (seconds)")
    parser.add_argument("--without", nargs="+", default=[], metavar="TOOL", help="tools to leave out")
    parser.add_argument("--folder", help="where files are made; kept [default: a temporary folder]")
    parser.add_argument("--json", metavar="PATH", help="where results are written")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work(args.work, *args.files)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or temporary
        os.makedirs(folder, exist_ok=True)
        results = []
        for shape in args.shapes:
            files = make(folder, shape, args.scale)
            results.append(compare(shape, files, args, temporary))
            show(results[-1])
    if args.json:
        record = {"machine": platform.processor() or platform.machine(), "cores": len(os.sched_getaffinity(0)),
                  "python": platform.python_version(), "scale": args.scale, "results": results}
        with open(args.json, "w") as file:
            json.dump(record, file, indent=2)


if __name__ == "__main__":
    main()
