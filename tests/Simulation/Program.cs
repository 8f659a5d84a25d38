using K8sBackup.Simulation;

return Runner.Run(args, Console.Out);
