// Prints which AWS credentials the AWS SDK for Go v1 resolves.
package main

import (
	"encoding/json"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/session"
)

func main() {
	answer := map[string]any{"version": aws.SDKVersion}
	key, err := resolve()
	if err != nil {
		kind := "error"
		if coded, ok := err.(awserr.Error); ok {
			kind = coded.Code()
		}
		answer["error"] = map[string]string{"kind": kind, "message": err.Error()}
	} else {
		answer["accessKeyId"] = key
	}
	json.NewEncoder(os.Stdout).Encode(answer)
}

func resolve() (string, error) {
	chain, err := session.NewSession()
	if err != nil {
		return "", err
	}
	value, err := chain.Config.Credentials.Get()
	return value.AccessKeyID, err
}
