"""act_yaml.py FILE SEEDS FOLDER - carries out a campaign's file here, as its service would.

Of a Kubernetes job each pod, with the variables that an indexed job sets and no others; of a
hosted workflow each job of its matrix in a checkout of its own, with its artefacts kept and
handed on. Then what is left must be, line by line, what one process makes of the same SEEDS.
The images and actions that the services fetch are not fetched: a checkout is links to this
tree, an image is that with the programs built ($BUILD), an artefact or a volume is a folder.

Run from the root of the tree. All that is made goes into FOLDER, which is emptied first. What
is wrong is one line, and the status is 1.
"""

import fnmatch
import glob
import os
import re
import shutil
import subprocess
import sys

import yaml

TREE = os.getcwd()
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
PATH = "/usr/local/bin:/usr/bin:/bin"


class Wrong(Exception):
    pass


def checkout(place):
    """The tree without what is made in it."""
    os.makedirs(place)
    for name in os.listdir(TREE):
        if name not in ("build", "results"):
            os.symlink(os.path.join(TREE, name), os.path.join(place, name))
    return place


def image(place):
    os.symlink(BUILD, os.path.join(checkout(place), "build"))
    return place


def start(command, place, variables):
    return subprocess.Popen(command, cwd=place, stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={"PATH": PATH, "HOME": place, **variables})


def finish(process, what):
    said = process.communicate()[0]
    if process.returncode != 0:
        last = said.strip().splitlines()[-1:] or ["nothing"]
        raise Wrong(f"{what}: status {process.returncode}, and it said: {last[0]}")


# ---- an indexed job of Kubernetes --------------------------------------------------------


def on_volumes(text, mounts):
    """A path below a mount, as it is here."""
    for at, folder in mounts.items():
        if text == at or text.startswith(at + "/"):
            return folder + text[len(at):]
    return text


def start_pod(name, index, container, place, mounts, seeds):
    variables = {"HOSTNAME": f"{name}-{index}", "JOB_COMPLETION_INDEX": str(index)}
    for entry in container["env"]:
        variables[entry["name"]] = on_volumes(entry["value"], mounts)
    if "SEEDS" in variables:
        variables["SEEDS"] = seeds
    command = container["command"] + container.get("args", [])
    return start(command, place, variables)


def act_kubernetes(data, seeds, folder):
    spec = data["spec"]
    container, = spec["template"]["spec"]["containers"]
    place = image(folder + container["workingDir"])
    mounts = {}
    for mount in container["volumeMounts"]:
        mounts[mount["mountPath"]] = os.path.join(folder, "volumes", mount["name"])
        os.makedirs(mounts[mount["mountPath"]])
    # The first index has two pods at a time, as is possible where a node does not answer, and
    # the last one is started again when it is done.
    indexes = [0, *range(spec["completions"]), spec["completions"] - 1]
    for i in range(0, len(indexes), 2):
        pods = [(index, start_pod(data["metadata"]["name"], index, container, place, mounts,
                                  seeds)) for index in indexes[i:i + 2]]
        for index, pod in pods:
            finish(pod, f"pod {index}")
    results, = mounts.values()
    finish(start(["sh", "ci/campaign/finish.sh", results], place, {}), "finish.sh")
    return results


# ---- a matrix of a hosted CI -------------------------------------------------------------


def expand(text, values):
    """${{ matrix.part }} and the like; what has no value is empty there."""
    return re.sub(r"\$\{\{\s*([\w.]+)\s*\}\}", lambda it: values.get(it[1], ""), str(text))


def keep(place, artefact, patterns):
    """An artefact has the files by their names below the first folder without a star."""
    found = 0
    for pattern in patterns.split():
        root = os.path.dirname(pattern.split("*")[0])
        for path in glob.glob(os.path.join(place, pattern)):
            to = os.path.join(artefact, os.path.relpath(path, os.path.join(place, root)))
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(path, to)
            found += 1
    if found == 0:
        raise Wrong(f"nothing is at {patterns.strip()}, to be kept as {artefact}")


def hand_on(place, artefacts, wanted):
    """All artefacts of a pattern, laid over each other."""
    to = os.path.join(place, wanted["path"])
    os.makedirs(to, exist_ok=True)
    for name in sorted(os.listdir(artefacts)):
        if fnmatch.fnmatchcase(name, wanted["pattern"]):
            inner = to if wanted.get("merge-multiple") else os.path.join(to, name)
            shutil.copytree(os.path.join(artefacts, name), inner, dirs_exist_ok=True)


def act_step(step, place, artefacts, values):
    action = step.get("uses", "").split("@")[0]
    inputs = {name: expand(text, values) for name, text in step.get("with", {}).items()}
    if action == "actions/upload-artifact":
        keep(place, os.path.join(artefacts, inputs["name"]), inputs["path"])
    elif action == "actions/download-artifact":
        hand_on(place, artefacts, inputs)
    elif step.get("run") == "./build.sh":
        os.symlink(BUILD, os.path.join(place, "build"))
    elif "run" in step:
        variables = {name: expand(text, values) for name, text in step.get("env", {}).items()}
        script = expand(step["run"], values)
        finish(start(["bash", "-e", "-c", script], place, {"CI": "true", **variables}), script)
    elif action != "actions/checkout":
        raise Wrong(f"nobody knows how to do {step}")


def act_job(name, job, artefacts, seeds, folder):
    matrix = job.get("strategy", {}).get("matrix", {})
    rows = [{f"matrix.{word}": str(value)} for word, list_of in matrix.items()
            for value in list_of] or [{}]
    for number, row in enumerate(rows):
        place = checkout(os.path.join(folder, f"{name}-{number}"))
        for step in job["steps"]:
            act_step(step, place, artefacts, {"inputs.seeds": seeds, **row})


def act_workflow(data, seeds, folder):
    artefacts = os.path.join(folder, "artefacts")
    done = set()
    while len(done) < len(data["jobs"]):
        ready = [name for name, job in data["jobs"].items()
                 if name not in done and set([job.get("needs", [])] if isinstance(
                     job.get("needs", []), str) else job.get("needs", [])) <= done]
        if not ready:
            raise Wrong("the jobs wait for each other")
        act_job(ready[0], data["jobs"][ready[0]], artefacts, seeds, folder)
        done.add(ready[0])
    return os.path.join(artefacts, "storm")


# ---- what comes of it --------------------------------------------------------------------


def runs(path):
    """A file of results without the summary, whose times differ."""
    if not os.path.exists(path):
        raise Wrong(f"there is no {path}")
    return [line for line in open(path) if not line.startswith('{"summary"')]


def act(path, seeds, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    data = yaml.safe_load(open(path))
    results = (act_workflow if "jobs" in data else act_kubernetes)(data, seeds, folder)
    whole = os.path.join(folder, "whole.jsonl")
    finish(start([os.path.join(BUILD, "bin", "holdfast-sim"), "run", "--seeds", seeds,
                  "--json", "--out", whole, "scenarios/"], TREE, {}), "one process")
    got, wanted = runs(os.path.join(results, "all.jsonl")), runs(whole)
    if got != wanted:
        raise Wrong(f"{len(got)} runs, not the {len(wanted)} of one process")
    if not os.path.exists(os.path.join(results, "report.html")):
        raise Wrong("there is no page")
    return len(wanted)


try:
    count = act(sys.argv[1], sys.argv[2], os.path.abspath(sys.argv[3]))
    print(f"{sys.argv[1]}: {count} runs, those of one process")
except (Wrong, KeyError, OSError) as error:
    print(f"{sys.argv[1]}: {error}")
    sys.exit(1)
