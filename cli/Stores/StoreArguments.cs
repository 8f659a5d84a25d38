using System.CommandLine;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.ObjectStore.S3;
using K8sBackup.Settings.Stores;

namespace K8sBackup.Cli.Stores;

/// <summary>The options with which commands that work on a store name it, and what opens it.</summary>
internal sealed class StoreArguments
{
    private readonly Option<string?> _store = new("--store") { Description = "Where backups are kept: a directory, or s3://BUCKET/PREFIX.", HelpName = "STORE" };

    private readonly Option<string?> _file = new("--store-config")
    {
        Description = "YAML file with a 'store:' mapping, such as coordinator.yaml, in place of the other store options.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _endpoint = new("--endpoint") { Description = "S3 endpoint. Default: Amazon's in the region.", HelpName = "URL" };

    private readonly Option<string> _region = new("--region") { Description = "S3 region.", HelpName = "REGION", DefaultValueFactory = _ => S3Options.DefaultRegion };

    private readonly Option<string?> _authorities = new("--ca-file") { Description = "PEM file with the authorities that vouch for the S3 endpoint.", HelpName = "FILE" };

    private readonly Option<string?> _credentials = new("--credentials-file")
    {
        Description = "S3 keys, in the form of ~/.aws/credentials. Default: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        HelpName = "FILE",
    };

    private readonly Option<string> _profile = new("--profile")
    {
        Description = "Section of the credentials file.",
        HelpName = "NAME",
        DefaultValueFactory = _ => S3CredentialSource.DefaultProfile,
    };

    /// <summary>The options, for the command.</summary>
    public IReadOnlyList<Option> All => [_store, _file, _endpoint, _region, _authorities, _credentials, _profile];

    /// <summary>Where the store is.</summary>
    public StoreOptions Options(ParseResult parsed) => (parsed.GetValue(_store), parsed.GetValue(_file)) switch
    {
        ({ } address, null) => StoreAddress.Parse(address, Bucket(parsed)),
        (null, { } file) => StoreSettingsFile.Read(file),
        _ => throw new BackupException(FailureCause.InvalidRequest, "Name the store with either --store or --store-config."),
    };

    /// <summary>Opens a store that is there, and says what the probe found.</summary>
    public Task<OpenedStore> OpenAsync(ParseResult parsed, StoreUse use, CliContext context, CancellationToken cancellationToken) =>
        OpenAsync(Options(parsed), use, context, cancellationToken);

    /// <summary>The same with options that are known already.</summary>
    public static async Task<OpenedStore> OpenAsync(StoreOptions options, StoreUse use, CliContext context, CancellationToken cancellationToken)
    {
        OpenedStore opened = await StoreFactory.OpenAsync(options, use, context.Clock, cancellationToken);
        foreach (string warning in opened.Warnings)
        {
            context.Error.WriteLine($"warning: {Printable.Lines(warning)}");
        }

        return opened;
    }

    private S3Options Bucket(ParseResult parsed)
    {
        string? endpoint = parsed.GetValue(_endpoint);
        return new S3Options
        {
            Bucket = "",
            Endpoint = endpoint is null ? null : S3OptionsCheck.Endpoint(endpoint)
                ?? throw new BackupException(FailureCause.InvalidRequest, $"--endpoint takes an address such as https://s3.example:9000, not '{endpoint}'."),
            Region = parsed.GetValue(_region)!,
            AuthorityFile = FullPath(parsed.GetValue(_authorities)),
            Credentials = new S3CredentialSource(FullPath(parsed.GetValue(_credentials)), parsed.GetValue(_profile)!),
        };
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);
}
