using System.CommandLine;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Settings.Stores;

namespace K8sBackup.Cli.Stores;

/// <summary>The options with which commands that work on a store name it, and what opens it.</summary>
internal sealed class StoreArguments
{
    private readonly Option<string?> _store = new("--store") { Description = "Directory of the store, where backups are kept.", HelpName = "DIR" };

    private readonly Option<string?> _file = new("--store-config")
    {
        Description = "YAML file with a 'store:' mapping, such as coordinator.yaml.",
        HelpName = "FILE",
    };

    /// <summary>The options, for the command.</summary>
    public IReadOnlyList<Option> All => [_store, _file];

    /// <summary>Where the store is.</summary>
    public StoreOptions Options(ParseResult parsed) => (parsed.GetValue(_store), parsed.GetValue(_file)) switch
    {
        ({ Length: > 0 } directory, null) => StoreOptions.ForLocal(directory),
        (null, { } file) => StoreSettingsFile.Read(file),
        _ => throw new BackupException(FailureCause.InvalidRequest, "Name the store with either --store or --store-config."),
    };

    /// <summary>Opens a store that is there.</summary>
    public Task<OpenedStore> OpenAsync(ParseResult parsed, CliContext context, CancellationToken cancellationToken) =>
        StoreFactory.OpenAsync(Options(parsed), StoreUse.Existing, context.Clock, cancellationToken);
}
