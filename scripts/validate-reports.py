"""Validates reports of the program.

    validate-reports.py PROGRAM SARIF_SCHEMA REPORTS

PROGRAM is the program aws-pod-identity, SARIF_SCHEMA the schema of SARIF 2.1.0, and REPORTS a directory with JSON reports that
tests wrote, such as those of audits; it need not exist. Reports on the examples, on the objects of the cases, and
on hostile manifests.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import jsonschema

PROGRAM, SARIF_SCHEMA, REPORTS = sys.argv[1:]
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

# Elements of JUnit XML as Jenkins reads it (the xUnit plugin's junit-10.xsd): attributes, those that are required, and children.
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "disabled", "errors"}, set(), {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "time", "group", "skipped", "timestamp", "hostname", "id", "package", "file",
                   "log", "url", "version"}, {"name", "tests"}, {"properties", "testsuite", "testcase", "system-out", "system-err"}),
    "testcase": ({"name", "time", "classname", "group", "assertions", "status", "class", "file", "line", "log", "url"}, {"name", "classname"},
                 {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": ({"type", "message"}, set(), set()),
    "error": ({"type", "message"}, set(), set()),
    "system-out": (set(), set(), set()),
}


def report(arguments, output, cwd):
    done = subprocess.run([PROGRAM, "check", "--diff", "--output", output, *arguments], cwd=cwd, capture_output=True)
    assert done.returncode in (0, 1, 2) and done.stdout, done.stderr
    return done.stdout.decode()


def check_junit(text):
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites", root.tag
    for element in root.iter():
        attributes, required, children = JUNIT[element.tag]
        assert set(element.attrib) <= attributes, (element.tag, element.attrib)
        assert required <= set(element.attrib), (element.tag, element.attrib)
        assert {child.tag for child in element} <= children, element.tag
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
    # A validator that accepts everything would not be noticed.
    for validator, wrong in [(ours, {"entries": []}), (sarif, {"version": "2.1.0", "runs": [{}]})]:
        assert not validator.is_valid(wrong)
    objects = results = cases = 0
    with tempfile.TemporaryDirectory() as temporary:
        for name, arguments in inputs(pathlib.Path(temporary)):
            try:
                log = json.loads(report(arguments, "json", ROOT))
                ours.validate(log)
                objects += len(log["entries"])
                text = report(arguments, "sarif", ROOT)
                check_sarif(text, sarif)
                results += len(json.loads(text)["runs"][0]["results"])
                cases += check_junit(report(arguments, "junit", ROOT))
                assert not re.search(r"[\x00-\x08\x0b-\x1f]", report(arguments, "github", ROOT)), "control characters"
            except (jsonschema.ValidationError, ElementTree.ParseError, AssertionError) as error:
                raise SystemExit(f"{name}: {error}")
    written = sorted(pathlib.Path(REPORTS).glob("*.json"))
    for path in written:
        try:
            ours.validate(json.loads(path.read_text()))
        except jsonschema.ValidationError as error:
            raise SystemExit(f"{path}: {error}")
    print(f"valid: {objects} entries of JSON reports, {len(written)} reports of tests, {results} results of SARIF, {cases} test cases of JUnit")


main()
