using K8sBackup.Model.Manifests;

namespace K8sBackup.FileTree.Walking;

/// <summary>What a walk leaves out.</summary>
public sealed record WalkOptions
{
    /// <summary>What is left out, and counted.</summary>
    public ExcludeRules Rules { get; init; } = ExcludeRules.None;

    /// <summary>Says of each path whether it is taken; a directory that is not taken is not entered. Null takes everything.</summary>
    public Func<byte[], bool>? Included { get; init; }

    /// <summary>Go on into file systems mounted below the root.</summary>
    public bool CrossMounts { get; init; }

    /// <summary>
    /// Files with several names that are remembered to recognise the further names, about 150 bytes each. Beyond it
    /// further names are taken as files of their own; their content is stored once all the same.
    /// </summary>
    public int LinkedFilesMax { get; init; } = 1_000_000;
}
