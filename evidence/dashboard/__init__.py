"""The page over all stacks: stack by regulation, and down to article, rule and resource."""
