using System.CommandLine;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Terminal;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

/// <summary>What all repairs have in common: the store, what opens it, and that nothing is done unless told to.</summary>
internal sealed class RepairOptions
{
    private readonly KeyOptions _keys = new();

    private readonly Option<bool> _execute = new("--execute") { Description = "Do it. Without this the command only says what it would do." };

    public IEnumerable<Option> All => [.. _keys.All, _execute];

    /// <summary>Opens the store and its keys, runs, and says when nothing was done.</summary>
    public async Task<T> RunAsync<T>(
        ParseResult parsed, CliContext context, Func<OpenedStore, MasterKeys, bool, Task<T>> repair, CancellationToken cancellationToken)
    {
        bool execute = parsed.GetValue(_execute);
        using OpenedStore opened = await _keys.Store.OpenAsync(parsed, execute ? StoreUse.Existing : StoreUse.Read, context, cancellationToken);
        KeySlots slots = new(opened.Store, context.Clock);
        using MasterKeys keys = await RepositoryKeys.UnlockAsync(slots, _keys.Current(parsed, context), cancellationToken);
        T report = await repair(opened, keys, execute);
        if (!execute)
        {
            context.Error.WriteLine("Nothing was changed. Repeat with --execute to do it.");
        }

        return report;
    }
}
