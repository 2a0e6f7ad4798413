"""Prints which AWS credentials a Python SDK resolves: probe.py SDK [bedrock]."""

import json
import sys


def boto3(service):
    import boto3
    import botocore

    answer["version"] = f"{boto3.__version__}, botocore {botocore.__version__}"
    session = boto3.Session()
    if service == "bedrock":
        session.client("bedrock-runtime").invoke_model(modelId="model", body=b"{}")
        return None
    credentials = session.get_credentials()
    return credentials and credentials.get_frozen_credentials().access_key


def awscli(service):
    import contextlib
    import io

    import awscli
    import botocore
    from awscli.clidriver import main

    answer["version"] = f"{awscli.__version__}, botocore {botocore.__version__}"
    if service == "bedrock":
        sys.argv[1:] = ["bedrock-runtime", "invoke-model", "--model-id", "model", "--body", "{}", "/dev/null"]
    else:
        sys.argv[1:] = ["sts", "get-caller-identity"]
    sys.argv[0] = "aws"
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            status = main()
        except SystemExit as error:
            status = error.code
    # A successful request to STS shows the credentials.
    if status:
        raise RuntimeError(errors.getvalue().strip())


def awscrt(_):
    import awscrt
    from awscrt.auth import AwsCredentialsProvider

    answer["version"] = awscrt.__version__
    return AwsCredentialsProvider.new_default_chain().get_credentials().result(60).access_key_id


def pyarrow(_):
    import pyarrow
    from pyarrow import fs

    answer["version"] = f"pyarrow {pyarrow.__version__}"
    # It has no function that returns credentials. A request to S3 shows them.
    files = fs.S3FileSystem(retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1))
    files.get_file_info("bucket/key")


answer = {}
try:
    answer["accessKeyId"] = {"boto3": boto3, "awscli": awscli, "awscrt": awscrt, "pyarrow": pyarrow}[
        sys.argv[1]
    ](sys.argv[2] if len(sys.argv) > 2 else "")
except Exception as error:  # Each error is a result.
    answer["error"] = {"kind": type(error).__name__, "message": str(error)}
print(json.dumps(answer))
