using K8sBackup.ClusterRestore.Tests;

// Tests are run by their runner; started as a program, this is the agent they put on their nodes.
return await MortalAgent.RunAsync(args);
