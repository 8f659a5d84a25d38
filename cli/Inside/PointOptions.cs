using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Rescue;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Inside;

/// <summary>Where restore points come from: a store that is named, else the coordinator; and which etcd of theirs is meant.</summary>
internal sealed class PointOptions
{
    private readonly KeyOptions _keys = new();

    private readonly Option<string> _source = new("--source")
    {
        Description = "Source, when the restore point has several etcds.",
        HelpName = "SOURCE",
        DefaultValueFactory = _ => "etcd",
    };

    public IEnumerable<Symbol> All => [_source, .. _keys.All];

    public async Task<IPointReader> OpenAsync(CommandSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        // Any of these options is about a store; one that is then not named is an error, and never the coordinator instead.
        bool isStore = _keys.All.Any(option => parsed.GetResult(option) is { Implicit: false });
        return isStore
            ? new StorePoints(await RescueRepository.OpenAsync(_keys.Store.Options(parsed), _keys.Current(parsed, session.Context), session.Context.Clock, cancellationToken))
            : new CoordinatorPoints(session);
    }

    public Snapshot SnapshotIn(RestorePoint point, ParseResult parsed) => SourceReference.Parse(parsed.GetRequiredValue(_source)).In(point);
}
