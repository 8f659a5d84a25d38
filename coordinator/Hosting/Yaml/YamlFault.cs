namespace K8sBackup.Coordinator.Hosting.Yaml;

/// <summary>What is wrong with a YAML file, and where. Lines count from 1; 0 when no line is concerned.</summary>
public sealed record YamlFault(int Line, string Reason);
