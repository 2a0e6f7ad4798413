"""Validates the injected pods of all cases against the strict OpenAPI schema of the newest Kubernetes.

An injected pod may have the problems of its input, because some cases are about pods that Kubernetes would refuse. It must
have no other problems. validate-injected.sh installs the dependencies and calls this script.
"""

import re
import sys
from pathlib import Path

import jsonschema
import referencing
import yaml
from kubernetes_validate.utils import all_versions, schema_contents

# With fewer pods, the cases were not found.
FEWEST = 100


def read_cases(root):
    """Yields the name, the input and the injected pod of every case that injects."""
    for path in sorted(root.rglob("*.yaml")):
        case = load(path)
        if "injected" in case:
            yield str(path.relative_to(root)), case["object"], case["injected"]


def load(path):
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=Yaml12)


class Yaml12(yaml.SafeLoader):
    """Reads scalars like the tests: `yes`, `no` and dates are strings, unlike in YAML 1.1."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Yaml12.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def pod_validator(version):
    """Returns the validator of a v1 Pod. (The function of the package reads all schemas again for every object.)"""
    directory = f"kubernetes-json-schema/v{version}-local-strict"
    schema = schema_contents(f"{directory}/pod-v1.json", version)
    definitions = schema_contents(f"{directory}/_definitions.json", version)
    registry = referencing.Registry()
    for contents in (schema, definitions):
        registry = referencing.Resource.from_contents(contents) @ registry
    return jsonschema.validators.Draft202012Validator(schema, registry=registry)


def problems(validator, pod):
    """Returns the errors of a pod, as lines."""
    return {f"{error.json_path}: {error.message}" for error in validator.iter_errors(pod)}


def main(root):
    version = all_versions()[-1]
    validator = pod_validator(version)
    misspelled = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "envv": []}]}}
    if not problems(validator, misspelled):
        sys.exit("validate-injected: the schema accepts a field that does not exist, so it verifies nothing")
    count, invalid, failed = 0, [], 0
    for name, before, after in read_cases(root):
        count += 1
        of_input = problems(validator, before)
        if of_input:
            invalid.append(name)
        of_injection = problems(validator, after) - of_input
        if of_injection:
            failed += 1
            print(f"{root}/{name}: the injected pod is invalid, and its input is not:", *sorted(of_injection), sep="\n  ")
    if count < FEWEST:
        sys.exit(f"validate-injected: only {count} injected pods below {root}/: the cases were not found")
    print(f"validate-injected: {count} injected pods, schema of Kubernetes {version}: {failed} invalid")
    if invalid:
        print("validate-injected: the inputs of these cases are invalid:", *invalid, sep="\n  ")
    if failed:
        sys.exit(1)


main(Path(sys.argv[1]))
