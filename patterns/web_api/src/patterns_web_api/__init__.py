"""Pattern 1, the web API: API Gateway, Lambda with FastAPI, Cognito and DynamoDB."""
