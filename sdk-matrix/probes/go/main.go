// Prints which AWS credentials the AWS SDK for Go v2 resolves: go [bedrock]
package main

import (
	"context"
	"encoding/json"
	"os"
	"runtime/debug"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
)

func main() {
	answer := map[string]any{"version": aws.SDKVersion + version()}
	key, err := resolve(context.Background())
	if err != nil {
		answer["error"] = map[string]string{"kind": "error", "message": err.Error()}
	} else {
		answer["accessKeyId"] = key
	}
	json.NewEncoder(os.Stdout).Encode(answer)
}

func resolve(ctx context.Context) (string, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", err
	}
	if len(os.Args) > 1 && os.Args[1] == "bedrock" {
		client := bedrockruntime.NewFromConfig(cfg)
		_, err := client.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{ModelId: aws.String("model"), Body: []byte("{}")})
		return "", err
	}
	credentials, err := cfg.Credentials.Retrieve(ctx)
	return credentials.AccessKeyID, err
}

// The credential chain is part of the module config, whose version is different.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/aws/aws-sdk-go-v2/config" {
			return ", config " + module.Version[1:]
		}
	}
	return ""
}
