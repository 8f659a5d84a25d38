// Every test runs a coordinator and agents of its own; side by side they would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
