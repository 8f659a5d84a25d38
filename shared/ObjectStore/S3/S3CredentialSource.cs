namespace K8sBackup.ObjectStore.S3;

/// <summary>Where the keys come from. The keys themselves are never part of options.</summary>
/// <param name="File">A file in the form of ~/.aws/credentials; null for the environment.</param>
/// <param name="Profile">Section of the file.</param>
public sealed record S3CredentialSource(string? File, string Profile)
{
    /// <summary>Section used when none is named.</summary>
    public const string DefaultProfile = "default";

    /// <summary>AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.</summary>
    public static S3CredentialSource FromEnvironment { get; } = new(null, DefaultProfile);

    /// <summary>The place as people know it.</summary>
    public string Description => File is null ? "the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)" : $"{File} [{Profile}]";
}
