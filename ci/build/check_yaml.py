"""check_yaml.py FILE... - the files for other people's machines say what can be done here.

Run from the root of the tree. A hosted workflow is checked by its jobs and steps, a Kubernetes
job by its container, an OSS-Fuzz project by its words. What a file calls in the tree, a script,
a command of build.sh, a step of the tests, a fuzz target, must be there: nobody runs these
files in CI, so that a renamed script would show to the one who needs it, and to nobody before.
Each finding is a line; the status is 1 if there is one.
"""

import os
import re
import sys

import yaml

findings = []


class Strict(yaml.SafeLoader):
    """YAML takes the last of two equal keys; here two are a mistake."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"'{key}' stands twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def expect(holds, path, what):
    if not holds:
        findings.append(f"{path}: {what}")
    return holds


# ---- what the tree has -------------------------------------------------------------------


def names(folder, suffix):
    return {name[: -len(suffix)] for name in os.listdir(folder) if name.endswith(suffix)}


TARGETS = names("fuzz", "_fuzz.c")
STEPS = names("ci/steps", ".sh")
COMMANDS = set(re.findall(r"^([a-z]+)\)", open("build.sh").read(), re.M))


def check_build(path, words):
    """The words behind ./build.sh, up to the end of the command."""
    command, rest = (words[0], words[1:]) if words else ("build", [])
    plain = [word for word in rest if not word.startswith("-") and "${{" not in word]
    expect(command in COMMANDS, path, f"build.sh has no command '{command}'")
    if command == "test":
        for step in plain:
            expect(step in STEPS, path, f"there is no step '{step}'")
    if command == "fuzz" and plain and not rest[0].startswith("-"):
        if "${{" not in " ".join(rest[:1]):
            expect(plain[0] in TARGETS, path, f"there is no fuzz target '{plain[0]}'")


def check_script(path, script):
    """Every command of a shell script that names a file of the tree."""
    # An expression of the service is one word, whatever is in it.
    script = re.sub(r"\$\{\{[^}]*\}\}", "${{}}", script)
    for command in re.split(r"&&|\|\||;|\n", script):
        words = command.split()
        while words and words[0] in ("sh", "bash", "sudo", "exec"):
            words = words[1:]
        if not words or "/" not in words[0] or words[0].startswith("/"):
            continue
        if expect(os.path.exists(words[0]), path, f"there is no file {words[0]}"):
            if words[0] == "./build.sh":
                check_build(path, words[1:])


# ---- hosted workflows --------------------------------------------------------------------


def check_step(path, step, matrix):
    expect(("run" in step) != ("uses" in step), path, f"a step runs or uses: {step}")
    known = {"run", "uses", "with", "env", "if", "name", "id"}
    expect(set(step) <= known, path, f"unknown words in a step: {set(step) - known}")
    if "uses" in step:
        expect("@" in step["uses"], path, f"'{step['uses']}' names no version")
    for name in re.findall(r"\$\{\{\s*matrix\.(\w+)", str(step)):
        expect(name in matrix, path, f"the matrix has no '{name}'")
    check_script(path, step.get("run", ""))


def check_workflow(path, data):
    # To YAML 1.1, the word `on` is true.
    triggers = data.get("on", data.get(True))
    expect(bool(triggers), path, "nothing starts it")
    for name, job in data["jobs"].items():
        matrix = job.get("strategy", {}).get("matrix", {})
        expect("runs-on" in job, path, f"job {name}: no runs-on")
        needs = job.get("needs", [])
        for other in [needs] if isinstance(needs, str) else needs:
            expect(other in data["jobs"], path, f"job {name} needs '{other}', which is none")
        if "target" in matrix:
            expect(set(matrix["target"]) == TARGETS, path,
                   f"not the fuzz targets: {sorted(set(matrix['target']) ^ TARGETS)}")
        if expect(bool(job.get("steps")), path, f"job {name}: no steps"):
            for step in job["steps"]:
                check_step(path, step, matrix)


# ---- the others --------------------------------------------------------------------------


# Words of the API that a job may have here: a misspelt one is dropped there in silence.
JOB_WORDS = {"completionMode", "completions", "parallelism", "backoffLimit", "template"}
POD_WORDS = {"restartPolicy", "containers", "volumes"}
CONTAINER_WORDS = {"name", "image", "workingDir", "command", "args", "env", "resources",
                   "volumeMounts"}


def check_words(path, known, given):
    expect(set(given) <= known, path, f"unknown words: {sorted(set(given) - known)}")


def check_kubernetes(path, data):
    spec = data["spec"]
    check_words(path, JOB_WORDS, spec)
    check_words(path, POD_WORDS, spec["template"]["spec"])
    expect(spec["completionMode"] == "Indexed", path, "the pods have no index")
    for container in spec["template"]["spec"]["containers"]:
        check_words(path, CONTAINER_WORDS, container)
        check_script(path, " ".join(container["command"]))
        env = {entry["name"]: entry["value"] for entry in container["env"]}
        expect(env.get("JOB_COMPLETIONS") == str(spec["completions"]), path,
               "JOB_COMPLETIONS is not completions")
        volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}
        for mount in container["volumeMounts"]:
            expect(mount["name"] in volumes, path, f"no volume '{mount['name']}'")


def check_project(path, data):
    engines = {"libfuzzer", "afl", "honggfuzz", "centipede"}
    sanitizers = {"address", "undefined", "memory"}
    expect(data.get("language") == "c", path, "the language is c")
    expect(set(data["fuzzing_engines"]) <= engines, path, "an unknown engine")
    expect(set(data["sanitizers"]) <= sanitizers, path, "an unknown sanitiser")
    for word in ("homepage", "primary_contact"):
        expect(word in data, path, f"no {word}")


def check(path):
    try:
        data = yaml.load(open(path), Loader=Strict)
        if "jobs" in data:
            check_workflow(path, data)
        elif data.get("kind") == "Job":
            check_kubernetes(path, data)
        elif "fuzzing_engines" in data:
            check_project(path, data)
        else:
            findings.append(f"{path}: nobody knows what this is")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        findings.append(f"{path}: {' '.join(str(error).split())}")


for name in sys.argv[1:]:
    check(name)
print("\n".join(findings) if findings else f"{len(sys.argv) - 1} files")
sys.exit(bool(findings))
