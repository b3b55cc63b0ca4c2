"""Whether what the workflows run is there: check.py WORKFLOW...   In the root of the project. Prints a line per case.

Each step is an action of a list, or one script of the project: it must be executable, its usage must have the
arguments, the rows and parts that it names must be there, and its last line must be the one that counts failures. Each
job has a comment "Here:" above it, with the same command for a machine without containers: the same scripts with the
same options and settings. The versions of PHP are those that composer.json and the documents promise.
"""

import os
import re
import subprocess
import sys

import yaml

ACTIONS = {"actions/checkout@v4", "shivammathur/setup-php@v2"}
RUNNERS = {"ubuntu-24.04", "ubuntu-24.04-arm"}
VERSIONS = ["7.0", "7.1", "7.2", "7.3", "7.4", "8.0", "8.1", "8.2", "8.3", "8.4", "8.5"]
# It does one thing, and ends with 1 where that fails. All other scripts count lines, and end with close_tally.
NO_TESTS = {"scripts/release"}


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


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


def rows():
    """The rows of scripts/test-matrix, and those that run only where they are named."""
    listed = re.search(r"^rows=\((.*?)\)", text_of("scripts/test-matrix"), re.M | re.S).group(1).split()
    return {*listed, "kernels"} | {name for name in ("8.4-asan",) if os.access(f"scripts/matrix/{name}", os.X_OK)}


def is_php_of_the_matrix(name):
    known = ["bash", "-c", '. scripts/matrix/lib.sh; php_of "$1"', "-", name]
    return subprocess.run(known, stdout=subprocess.DEVNULL, check=False).returncode == 0


def unknown_names(script, arguments):
    """The rows, parts and Debians among the arguments that are not there."""
    only = arguments[arguments.index("--only") + 1].split(",") if "--only" in arguments[:-1] else []
    if script == "scripts/test-matrix":
        return [name for name in only if name not in rows()]
    if script == "scripts/test":
        return [name for name in only if not os.access(f"scripts/test.d/{name}", os.X_OK)]
    if script == "scripts/matrix/row":
        return [name for name in arguments if not is_php_of_the_matrix(name)]
    if script == "scripts/matrix/debian":
        return [name for name in arguments if name not in rows() or not name.startswith("debian-")]
    if script == "scripts/matrix/kernels":
        return [name for name in arguments[:1] if name not in rows() or not name.startswith("linux-")]
    if script == "scripts/test-debian":
        return [name for name in arguments if name not in ("12", "13")]
    return []


def fault_of_script(script, arguments):
    if not os.access(script, os.X_OK):
        return f"{script} is no program of the project"
    source = text_of(script)
    for argument in arguments:
        if argument.startswith("-") and not re.search(re.escape(argument) + r"\b", source):
            return f"{script} does not know {argument}"
    unknown = unknown_names(script, arguments)
    return f"{script} has no {' '.join(unknown)}" if unknown else None


def fault_of_end(script):
    """Whether its status tells of a failed test, as far as its text shows that."""
    if script in NO_TESTS:
        return None
    source = text_of(script)
    if source.split("\n")[-2] != "close_tally":
        return f"{script} does not end with close_tally"
    return f"{script} may end with 0 before that" if re.search(r"\bexit 0\b", source) else None


def script_of(command):
    """The script that a step runs, in a container or not, and its arguments."""
    words = command.split()
    return words[2:] if words[0] == "scripts/test-image" else words


def fault_of_command(command):
    words = command.split()
    if "\n" in command.strip() or not words or re.search(r"[;&|`<>]|\$\(", command):
        return "not one command"
    if words[0] == "scripts/test-image":
        if len(words) < 3 or not re.fullmatch(r"debian:1[23]|php:\d\.\d-(cli|zts)(-alpine)?", words[1]):
            return f"no image and script: {words[1:]}"
        if not os.access(words[0], os.X_OK):
            return f"{words[0]} is no program of the project"
    script, *arguments = script_of(command)
    return fault_of_script(script, arguments) or fault_of_end(script)


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
    """The commands that the comment above a job names: for each its settings, and a script with arguments."""
    comment = re.search(r"((?:^  #.*\n)+)^  " + re.escape(name) + r":\n", source, re.M)
    found = comment and re.search(r"# Here: (.*)", comment.group(1))
    commands = []
    for part in re.split(r"[;,]", found.group(1)) if found else []:
        words = part.removeprefix(" and").split()
        settings = [words.pop(0).split("=")[0] for _ in range(len(words)) if re.match(r"[A-Z_]+=", words[0])]
        if words and re.match(r"(scripts|tests|\.ci)/", words[0]):
            commands.append((settings, words))
        elif words and commands and not settings:
            # "scripts/test-debian 12, and 13": the same script with another argument
            commands.append((commands[-1][0], [commands[-1][1][0], *words]))
        else:
            commands.append((settings, [part.strip()]))
    return commands


def options_of(arguments):
    return {argument for argument in arguments if argument.startswith("-")}


def faults_of_here(commands, job):
    faults = [] if commands else ["no comment 'Here:' with a command"]
    faults += [f"Here: {fault}" for fault in (fault_of_script(words[0], words[1:]) for _, words in commands) if fault]
    for step in job.get("steps", []):
        for command in values(job, step["run"]) if "run" in step else []:
            script, *arguments = script_of(command)
            literal = {argument for argument in arguments if not re.search(r'[/$"]', argument)}
            wanted = [name for name in step.get("env", {}) if name.startswith("RDUMP_") or name.startswith("RELI_")]
            if not any(
                words[0] == script
                and literal <= {*words[1:]}
                and options_of(words[1:]) == options_of(arguments)
                and {*wanted} <= {*settings}
                for settings, words in commands
            ):
                faults.append(f"Here: not the command of the job: {' '.join(wanted + [command])}")
    return faults


def report(name, faults):
    print(f"not ok - {name}: {'; '.join(dict.fromkeys(faults))}" if faults else f"ok - {name}")


def main(files):
    versions = {}
    for file in files:
        source = text_of(file)
        jobs = yaml.safe_load(source)["jobs"]
        for name, job in jobs.items():
            faults = faults_of_job(job)
            commands = here_of(source, name)
            if commands or "uses" not in job:
                faults += faults_of_here(commands, job)
            report(f"workflows: {os.path.basename(file)}: {name}: what it runs is there, as 'Here:' has it", faults)
            if "php" in matrix_of(job):
                versions[name] = matrix_of(job)["php"]
    report(
        "workflows: each PHP from 7.0 to 8.5 is tested, and its dumps are read by reli",
        [f"{name}: {found}" for name, found in versions.items() if found != VERSIONS]
        + [f"no job {name}" for name in ("php", "reli") if name not in versions],
    )


main(sys.argv[1:])
