namespace K8sBackup.Settings.Yaml;

/// <summary>What is wrong with a YAML file, and where. Lines count from 1; 0 when no line is concerned.</summary>
public sealed record YamlFault(int Line, string Reason)
{
    /// <summary>The fault as compilers write theirs: file, line, reason.</summary>
    public string ToText(string file) => Line > 0 ? $"{file}:{Line}: {Reason}" : $"{file}: {Reason}";
}
