"""Validates reports of the program.

    validate-reports.py PROGRAM SARIF_SCHEMA JUNIT_SCHEMA ACTIONS_CORE REPORTS

PROGRAM is the program aws-pod-identity, SARIF_SCHEMA the schema of SARIF 2.1.0, JUNIT_SCHEMA that of the xUnit plugin of Jenkins,
ACTIONS_CORE the directory of the npm package @actions/core, and REPORTS a directory with JSON reports that tests wrote, such as
those of audits; it need not exist. Reports on the examples, on the objects of the cases, and on hostile manifests.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import jsonschema
import xmlschema

PROGRAM, SARIF_SCHEMA, JUNIT_SCHEMA, ACTIONS_CORE, REPORTS = sys.argv[1:]
ROOT = pathlib.Path(__file__).parent.parent

HOSTILE = """apiVersion: v1
kind: ServiceAccount
metadata:
  name: "a\\u0007<b>&amp;]]>\\"'\\u202e%0A::error::\\ufffe"
  annotations: {eks.amazonaws.com/role-arn: "<x>\\u0001]]>"}
---
a: [1
---
apiVersion: v1
kind: Pod
metadata: {generateName: "größe-\\U0001F600-"}
spec: {serviceAccountName: "a b,c:d", containers: [{name: c, env: {}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {template: {spec: {serviceAccountName: default, containers: [{name: c}]}}}
"""

# The lines that the package @actions/core writes for annotations, which are JSON on standard input.
WRITE_ANNOTATIONS = """
import { pathToFileURL } from "node:url";
const core = await import(pathToFileURL(process.argv[1]) + "/lib/core.js");
let input = "";
for await (const chunk of process.stdin) input += chunk;
for (const { level, message, properties } of JSON.parse(input)) core[level](message, properties);
"""


def report(arguments, output, cwd):
    done = subprocess.run([PROGRAM, "check", "--diff", "--output", output, *arguments], cwd=cwd, capture_output=True)
    assert done.returncode in (0, 1, 2) and done.stdout, done.stderr
    return done.stdout.decode()


def check_junit(text, schema):
    schema.validate(text)
    root = ElementTree.fromstring(text)
    for suite in [root, *root.iter("testsuite")]:
        for attribute, tag in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")]:
            assert int(suite.get(attribute)) == len(list(suite.iter(tag))), (suite.attrib, tag)
    return len(list(root.iter("testcase")))


def check_sarif(text, validator):
    log = json.loads(text)
    validator.validate(log)
    for run in log["runs"]:
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            for location in result["locations"]:
                # Relative, so that code scanning finds the file in the repository; absolute for others.
                uri = location.get("physicalLocation", {}).get("artifactLocation", {}).get("uri", "")
                assert not uri.startswith("/") and str(ROOT.resolve()) not in uri, uri


def annotations(log):
    """The arguments of core.error() and core.warning() for the findings and errors of a JSON report."""

    def annotation(level, title, message, position, file, line):
        properties = {"title": title, "file": file, "startLine": line}
        if position:
            start = position["column"]
            properties = {"title": title, "file": position["file"], "startLine": position["line"], "startColumn": start,
                          "endColumn": start + position["length"]}
        return {"level": level, "message": message, "properties": properties}

    for entry in log["entries"]:
        source = entry["source"]
        for finding in entry["findings"]:
            message = "; ".join(filter(None, [finding["message"], finding["remedy"]]))
            level = {"reject": "error", "warn": "warning"}[finding["severity"]]
            yield annotation(level, finding["id"], message, (finding["location"] or {}).get("position"), source["file"], source["line"])
    for error in log["errors"]:
        title = "cannot be read" if error["document"] is None else "document cannot be read"
        yield annotation("error", title, error["message"], error["position"], error["file"], 1)


def check_github(text, log):
    *lines, _summary = text.splitlines()
    wanted = json.dumps(list(annotations(log)))
    command = ["node", "--input-type=module", "--eval", WRITE_ANNOTATIONS, ACTIONS_CORE]
    written = subprocess.run(command, input=wanted, capture_output=True, text=True, check=True).stdout.splitlines()
    # The JSON report has errors after entries.
    for ours, theirs in zip(sorted(lines), sorted(written), strict=True):
        assert ours == theirs, f"{ours}\n{theirs}"
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", text), "control characters"
    return len(lines)


def inputs(directory):
    """Arguments of the program, by name."""
    yield "examples", ["examples"]
    for settings in sorted((ROOT / "examples-with-settings").glob("*/settings.yaml")):
        yield settings.parent.name, ["--settings", str(settings), str(settings.parent)]
    (directory / "hostile.yaml").write_text(HOSTILE)
    (directory / "binary.yaml").write_bytes(b"a: \xff\n")
    yield "hostile manifests", [str(directory / "hostile.yaml"), str(directory / "binary.yaml"), "no-such-file.yaml"]
    number = 0
    for path in sorted((ROOT / "cases/findings").glob("*/*.yaml")):
        # Members of a case start in the first column.
        parts = dict(re.findall(r"^(object|cluster):\n((?:[ #].*\n|\n)+)", path.read_text(), re.M))
        if "object" in parts:
            state = f"---\napiVersion: v1\nkind: List\nitems:\n{parts['cluster']}" if "cluster" in parts else ""
            (directory / f"case-{number:04}.yaml").write_text(re.sub(r"^  ", "", parts["object"], flags=re.M) + state)
            number += 1
    assert number > 300, number
    yield "cases", [str(directory / "case-*.yaml")]
    (directory / "empty.yaml").write_text("")
    yield "nothing", [str(directory / "empty.yaml")]


def main():
    schema = json.loads((ROOT / "docs/report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    ours = jsonschema.Draft202012Validator(schema)
    sarif_schema = json.loads(pathlib.Path(SARIF_SCHEMA).read_text())
    sarif = jsonschema.validators.validator_for(sarif_schema)(sarif_schema, format_checker=jsonschema.FormatChecker())
    junit = xmlschema.XMLSchema(JUNIT_SCHEMA)
    # Otherwise a validator that accepts everything would not be noticed.
    for validator, wrong in [(ours, {"entries": []}), (sarif, {"version": "2.1.0", "runs": [{}]}), (junit, "<testsuites><a/></testsuites>")]:
        assert not validator.is_valid(wrong)
    objects = results = cases = commands = 0
    with tempfile.TemporaryDirectory() as temporary:
        for name, arguments in inputs(pathlib.Path(temporary)):
            try:
                log = json.loads(report(arguments, "json", ROOT))
                ours.validate(log)
                objects += len(log["entries"])
                text = report(arguments, "sarif", ROOT)
                check_sarif(text, sarif)
                results += len(json.loads(text)["runs"][0]["results"])
                cases += check_junit(report(arguments, "junit", ROOT), junit)
                commands += check_github(report(arguments, "github", ROOT), log)
            except (jsonschema.ValidationError, xmlschema.XMLSchemaValidationError, ElementTree.ParseError, AssertionError, ValueError) as error:
                raise SystemExit(f"{name}: {error}")
    written = sorted(pathlib.Path(REPORTS).glob("*.json"))
    for path in written:
        try:
            ours.validate(json.loads(path.read_text()))
        except jsonschema.ValidationError as error:
            raise SystemExit(f"{path}: {error}")
    print(f"valid: {objects} entries of JSON reports, {len(written)} reports of tests, {results} results of SARIF, {cases} test cases of JUnit, "
          f"{commands} workflow commands of GitHub")


main()
