"""The steps' ports on S3, DynamoDB, SSM and Secrets Manager."""
