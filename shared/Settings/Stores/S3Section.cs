using K8sBackup.ObjectStore.S3;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Settings.Stores;

/// <summary>Reads the <c>s3:</c> mapping of a store.</summary>
internal static class S3Section
{
    private static readonly TimeSpan RetainMin = TimeSpan.FromDays(1);
    private static readonly TimeSpan RetainMax = TimeSpan.FromDays(3650);

    public static S3Options? Read(YamlObject s3, string directory)
    {
        string? bucket = s3.RequiredText("bucket");
        S3Options options = new()
        {
            Bucket = bucket ?? "",
            Prefix = s3.Text("prefix") ?? "",
            Endpoint = Endpoint(s3),
            Region = s3.Text("region") ?? S3Options.DefaultRegion,
            UsesPathStyle = s3.Choice("addressing", ("path", true), ("virtualHost", false)),
            AuthorityFile = s3.OptionalPath("caFile", directory),
            Credentials = Credentials(s3.Mapping("credentials"), directory),
            ObjectLock = Lock(s3.Mapping("objectLock")),
            ConditionalWrites = s3.Choice(
                "conditionalWrites", ("required", S3ConditionalWrites.Required), ("singleWriter", S3ConditionalWrites.SingleWriter)),
        };
        foreach (string reason in S3OptionsCheck.Faults(options))
        {
            s3.Fault("bucket", reason);
        }

        s3.RejectOthers();
        return options;
    }

    private static Uri? Endpoint(YamlObject s3)
    {
        string? text = s3.Text("endpoint");
        Uri? endpoint = text is null ? null : S3OptionsCheck.Endpoint(text);
        if (text is not null && endpoint is null)
        {
            s3.Fault("endpoint", $"an address such as https://s3.example:9000 is expected, not '{text}'.");
        }

        return endpoint;
    }

    private static S3CredentialSource Credentials(YamlObject? credentials, string directory)
    {
        if (credentials is null)
        {
            return S3CredentialSource.FromEnvironment;
        }

        string? file = credentials.RequiredPath("file", directory);
        string profile = credentials.Text("profile") ?? S3CredentialSource.DefaultProfile;
        credentials.RejectOthers();
        return new S3CredentialSource(file, profile);
    }

    private static S3ObjectLock? Lock(YamlObject? objectLock)
    {
        if (objectLock is null)
        {
            return null;
        }

        S3LockMode mode = objectLock.Choice("mode", ("governance", S3LockMode.Governance), ("compliance", S3LockMode.Compliance));
        TimeSpan? retain = objectLock.Duration("retain", RetainMin, RetainMax);
        if (retain is null && !objectLock.Has("retain"))
        {
            objectLock.Fault("retain", "is missing; it says how long new objects cannot be deleted, such as 30d.");
        }

        objectLock.RejectOthers();
        return new S3ObjectLock(mode, retain ?? RetainMin);
    }
}
