"""The CDK app: the patterns' stacks and constructs, their settings, bundles and names."""
