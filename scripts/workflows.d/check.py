"""Whether what the workflows run is there: check.py WORKFLOW...   In the root of the project. Prints a line per case.

Each step is an action of a list, or one script of the project: it must be executable, and its usage must have the
arguments. Each job has a comment "Here:" above it, with the same command for a machine without containers. The
versions of PHP are those that composer.json and the documents promise.
"""

import os
import re
import subprocess
import sys

import yaml

ACTIONS = {"actions/checkout@v4", "shivammathur/setup-php@v2"}
RUNNERS = {"ubuntu-24.04", "ubuntu-24.04-arm"}
VERSIONS = ["7.0", "7.1", "7.2", "7.3", "7.4", "8.0", "8.1", "8.2", "8.3", "8.4", "8.5"]


def matrix_of(job):
    return job.get("strategy", {}).get("matrix", {})


def values(job, text):
    """All that a text with ${{ matrix.NAME }} stands for."""
    found = re.search(r"\$\{\{ matrix\.(\w+) \}\}", text)
    if not found:
        return [text]
    return [
        filled
        for value in matrix_of(job)[found.group(1)]
        for filled in values(job, text.replace(found.group(0), value))
    ]


def fault_of_script(script, arguments):
    if not os.access(script, os.X_OK):
        return f"{script} is no program of the project"
    with open(script, encoding="utf-8") as file:
        source = file.read()
    for argument in arguments:
        if argument.startswith("-") and not re.search(re.escape(argument) + r"\b", source):
            return f"{script} does not know {argument}"
    if script == "scripts/test-debian" and arguments not in (["12"], ["13"]):
        return f"scripts/test-debian {arguments}"
    return None


def fault_of_command(command):
    words = command.split()
    if "\n" in command.strip() or not words or re.search(r"[;&|`<>]|\$\(", command):
        return "not one command"
    if words[0] == "scripts/test-image":
        if not re.fullmatch(r"debian:1[23]|php:\d\.\d-(cli|zts)(-alpine)?", words[1]):
            return f"no image: {words[1]}"
        fault = fault_of_script(words[0], [])
        return fault or fault_of_script(words[2], words[3:])
    return fault_of_script(words[0], words[1:])


def faults_of_job(job):
    if "uses" in job:
        path = job["uses"].removeprefix("./")
        return [] if os.path.exists(path) else [f"no workflow {path}"]
    faults = [f"no such runner: {name}" for name in values(job, job["runs-on"]) if name not in RUNNERS]
    if "timeout-minutes" not in job:
        faults.append("no timeout-minutes")
    for step in job["steps"]:
        if "uses" in step:
            faults += [] if step["uses"] in ACTIONS else [f"no such action: {step['uses']}"]
        else:
            faults += [f"{step['run']}: {fault}" for fault in map(fault_of_command, values(job, step["run"])) if fault]
    return faults


def here_of(source, name):
    """The commands that the comment above a job names."""
    comment = re.search(r"((?:^  #.*\n)+)^  " + re.escape(name) + r":\n", source, re.M)
    found = comment and re.search(r"# Here: (.*)", comment.group(1))
    return re.findall(r"(?:^|[ ;])((?:scripts|tests|\.ci)/\S*?)(?=[ ,;]|$)", found.group(1)) if found else []


def report(name, faults):
    print(f"not ok - {name}: {'; '.join(faults)}" if faults else f"ok - {name}")


def main(files):
    versions = {}
    for file in files:
        with open(file, encoding="utf-8") as stream:
            source = stream.read()
        jobs = yaml.safe_load(source)["jobs"]
        for name, job in jobs.items():
            faults = faults_of_job(job)
            if "uses" not in job:
                scripts = here_of(source, name)
                faults += [] if scripts else ["no comment 'Here:' with a command"]
                faults += [f"Here: {script}" for script in scripts if not os.access(script, os.X_OK)]
            report(f"workflows: {os.path.basename(file)}: {name}: what it runs is there", faults)
            if "php" in matrix_of(job):
                versions[name] = matrix_of(job)["php"]
    report(
        "workflows: each PHP from 7.0 to 8.5 is tested, and its dumps are read by reli",
        [f"{name}: {found}" for name, found in versions.items() if found != VERSIONS]
        + [f"no job {name}" for name in ("php", "reli") if name not in versions],
    )


main(sys.argv[1:])
