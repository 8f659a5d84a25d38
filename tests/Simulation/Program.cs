using System.Globalization;
using K8sBackup.Simulation;
using K8sBackup.Simulation.Local;

return args is [LocalBackup.Verb, string directory, string keyFile, string seed]
    ? await LocalBackup.RunAsync(directory, keyFile, int.Parse(seed, CultureInfo.InvariantCulture), TimeProvider.System)
    : Runner.Run(args, Console.Out);
