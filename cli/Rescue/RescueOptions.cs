using System.CommandLine;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Terminal;

namespace K8sBackup.Cli.Rescue;

/// <summary>What every rescue command is told: the store, and a key that opens the repository.</summary>
internal sealed class RescueOptions
{
    private readonly KeyOptions _keys = new();

    public IEnumerable<Symbol> All => _keys.All;

    /// <summary>Opens the repository for reading. Nothing in the store is changed, and no coordinator notices.</summary>
    public async Task<RescueRepository> OpenAsync(ParseResult parsed, CliContext context, CancellationToken cancellationToken) =>
        await RescueRepository.OpenAsync(
            _keys.Store.Options(parsed), _keys.Current(parsed, context), context.Clock, cancellationToken);
}
