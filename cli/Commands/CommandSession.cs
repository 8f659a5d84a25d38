using System.Runtime.CompilerServices;
using Grpc.Core;
using K8sBackup.Cli.Connection;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>One run of one command: where it prints, and the coordinator, reached when first asked for.</summary>
internal sealed class CommandSession : IDisposable
{
    // Answers come from memory or a few objects; what takes longer than this hangs.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    // Watches, downloads and checks take as long as the work; a day bounds what is forgotten.
    private static readonly TimeSpan LongCallTimeout = TimeSpan.FromDays(1);

    private readonly string? _configOption;
    private OperatorConnection? _connection;

    public CommandSession(CliContext context, OutputFormat format, string? configOption)
    {
        Context = context;
        Output = new Renderer(context, format);
        _configOption = configOption;
    }

    public CliContext Context { get; }

    public Renderer Output { get; }

    /// <summary>The coordinator's operator API.</summary>
    public Operator.OperatorClient Client => Connection.Client;

    /// <summary>The coordinator's API for rehearsed restores.</summary>
    public Transport.V1.Drills.DrillsClient Drills => Connection.Drills;

    /// <summary>The coordinator's API for its authority.</summary>
    public Transport.V1.Authorities.AuthoritiesClient Authorities => Connection.Authorities;

    /// <summary>In whose name the coordinator is called.</summary>
    public LocalIdentity Identity => Connection.Identity;

    /// <summary>Where that is kept.</summary>
    public string IdentityDirectory => Connection.IdentityDirectory;

    /// <summary>The coordinator's API for what restores would do.</summary>
    public Impacts.ImpactsClient Impacts => Connection.Impacts;

    /// <summary>The coordinator's API for what is left of an etcd.</summary>
    public Survivors.SurvivorsClient Survivors => Connection.Survivors;

    private OperatorConnection Connection => _connection ??=
        Context.Connect(ClientConfigFile.Load(ClientConfigFile.Locate(_configOption, Context)), Context.Clock);

    /// <summary>Options of a call that answers soon.</summary>
    public CallOptions Call(CancellationToken cancellationToken) => Options(CallTimeout, cancellationToken);

    /// <summary>Options of a call that lasts as long as work does.</summary>
    public CallOptions LongCall(CancellationToken cancellationToken) => Options(LongCallTimeout, cancellationToken);

    /// <summary>An id that makes a repeated request harmless.</summary>
    public string NewRequestId() => SortableId.Create(Context.Clock).ToString();

    /// <summary>All items of a bounded list.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(AsyncServerStreamingCall<T> call, CancellationToken cancellationToken)
    {
        List<T> items = [];
        await foreach (T item in StreamAsync(call, cancellationToken))
        {
            items.Add(item);
        }

        return items;
    }

    /// <summary>The items as they come; ends the call when left early.</summary>
    public static async IAsyncEnumerable<T> StreamAsync<T>(AsyncServerStreamingCall<T> call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using (call)
        {
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                yield return call.ResponseStream.Current;
            }
        }
    }

    public void Dispose() => _connection?.Dispose();

    private CallOptions Options(TimeSpan timeout, CancellationToken cancellationToken) =>
        new(deadline: (Context.Clock.GetUtcNow() + timeout).UtcDateTime, cancellationToken: cancellationToken);
}
