using K8sBackup.Etcd.DataDir;

namespace K8sBackup.Etcd.Booting;

/// <summary>
/// Proves a restore without doing it: (1) build the data-dir as a cluster of one in a scratch directory, (2) choose keys,
/// (3) start a real etcd on it in a network namespace of its own, (4) wait until it serves, (5) compare identity, revision,
/// HashKV, key count and alarms with the prediction, (6) read the chosen keys, (7) kill the server and delete the directory,
/// however it ended. Nothing of the node's own etcd is touched.
/// </summary>
public sealed class BootTest
{
    // A data-dir needs this name only within its cluster of one.
    private const string MemberName = "boot";

    private readonly TimeProvider _time;

    /// <summary>Durations are measured on this clock.</summary>
    public BootTest(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
    }

    /// <summary>False leaves out the network namespace, as where it is not permitted.</summary>
    internal bool MayIsolate { get; init; } = true;

    /// <summary>Called between build and start, with what was built.</summary>
    internal Action<BuiltDataDir>? BeforeStart { get; init; }

    /// <summary>Runs the test.</summary>
    /// <exception cref="BootTestException">The server does not serve what the snapshot holds, or could not be tried.</exception>
    /// <exception cref="DataDirException">The data-dir could not be built.</exception>
    /// <exception cref="Snapshots.SnapshotInvalidException">The snapshot is cut or changed.</exception>
    /// <exception cref="Bolt.CorruptDatabaseException">The snapshot's database is damaged.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public async Task<BootTestReport> RunAsync(BootTestRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var scratch = BootScratch.Create(request.ScratchDirectory);
        using var network = MayIsolate ? await BootNetwork.CreateAsync().ConfigureAwait(false) : BootNetwork.Shared("not asked for");
        if (request.RequireIsolation && network.SharedBecause is { } reason)
        {
            throw new BootTestException(BootTestFault.NotIsolated, $"no network namespace of its own is permitted: {reason}");
        }

        var ports = network.TakePorts();
        var credentials = BootCredentials.Create(scratch.CredentialsDirectory, _time.GetUtcNow());
        var member = new InitialMember(MemberName, [BootPorts.Text(ports.Peer)]);

        // (1)
        var began = _time.GetTimestamp();
        var built = await new DataDirBuilder()
            .BuildAsync(request.ToScratch(member, scratch.DataDirectory), cancellationToken).ConfigureAwait(false);
        var building = _time.GetElapsedTime(began);

        // (2)
        var database = Path.Combine(built.MemberDirectory, "snap", "db");
        var sample = await KeySample.TakeAsync(database, request.SampledKeys, request.SampleSeed, cancellationToken).ConfigureAwait(false);

        // (3), (4)
        BeforeStart?.Invoke(built);
        began = _time.GetTimestamp();
        var arguments = new ServerArguments(MemberName, scratch.DataDirectory, ports, credentials, built.DatabaseBytes);
        var server = await BootedServer.StartAsync(request.Binary, arguments, network, _time).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        await server.WaitUntilServingAsync(request.StartTimeout, cancellationToken).ConfigureAwait(false);
        var starting = _time.GetElapsedTime(began);

        // (5), (6)
        began = _time.GetTimestamp();
        var proof = new BootProof(server.Client, built, sample, () => server.Log);
        var (version, keys) = await server.GuardAsync(() => proof.CompareAsync(cancellationToken)).ConfigureAwait(false);
        var proving = _time.GetElapsedTime(began);
        began = _time.GetTimestamp();
        var read = await server.GuardAsync(() => proof.ReadAsync(cancellationToken)).ConfigureAwait(false);
        return new BootTestReport
        {
            Built = built,
            ServerVersion = version,
            BinaryOrigin = request.Binary.Origin,
            Keys = keys,
            KeysRead = read,
            NotIsolatedBecause = network.SharedBecause,
            Building = building,
            Starting = starting,
            Proving = proving,
            Reading = _time.GetElapsedTime(began),
        };
    }
}
