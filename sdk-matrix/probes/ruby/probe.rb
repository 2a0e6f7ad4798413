# Prints which AWS credentials the AWS SDK for Ruby resolves.
require 'aws-sdk-core'
require 'json'

answer = { version: Aws::CORE_GEM_VERSION }
begin
  credentials = Aws::STS::Client.new.config.credentials
  answer[:accessKeyId] = credentials&.credentials&.access_key_id
rescue StandardError => e
  answer[:error] = { kind: e.class.name, message: e.message }
end
puts JSON.generate(answer)
