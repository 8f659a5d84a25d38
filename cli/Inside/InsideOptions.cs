using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Inside;

/// <summary>What every command that looks into a snapshot is told.</summary>
internal sealed class InsideOptions
{
    private const long ConfigurationBytesMax = 1 << 20;

    private readonly PointOptions _points = new();

    private readonly Option<string> _spool = new("--spool")
    {
        Description = "Directory for a restore point's snapshot while it is looked into; it gets no name there.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.GetTempPath(),
    };

    private readonly Option<string?> _configuration = new("--encryption-config")
    {
        Description = "Decrypt with the keys of this file, an API server's --encryption-provider-config.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _decrypt = new("--decrypt") { Description = "Decrypt with the keys captured in the same restore point." };

    private readonly Option<bool> _secrets = new("--show-secrets") { Description = "Show the values of Secrets." };

    public Option<long?> Revision { get; } = new("--revision") { Description = "Look at this revision. Default: the newest.", HelpName = "N" };

    public IEnumerable<Symbol> All => [Revision, _secrets, _configuration, _decrypt, _spool, .. _points.All];

    /// <summary>The argument that names a snapshot.</summary>
    public static Argument<string> Snapshot(string name = "SNAPSHOT") => new(name)
    {
        Description = "A snapshot file, with a '/' or '.' in it, or a restore point: its id, the beginning of it, or 'latest'.",
    };

    public bool ShowsSecrets(ParseResult parsed) => parsed.GetValue(_secrets);

    public async Task<InsideSnapshot> OpenAsync(CommandSession session, ParseResult parsed, string snapshot, CancellationToken cancellationToken)
    {
        Keyring? given = GivenKeys(parsed.GetValue(_configuration));
        bool captured = parsed.GetValue(_decrypt);
        if (captured && given is not null)
        {
            throw new BackupException(FailureCause.InvalidRequest, "Give one of --decrypt and --encryption-config.");
        }

        if (snapshot.AsSpan().ContainsAny('/', '.'))
        {
            return captured
                ? throw new BackupException(FailureCause.InvalidRequest, "A snapshot file has no keys beside it; name them with --encryption-config.")
                : InsideSnapshot.OfFile(session.Context, snapshot, given ?? Keyring.Empty, ShowsSecrets(parsed), cancellationToken);
        }

        string spool = parsed.GetRequiredValue(_spool);
        using IPointReader points = await _points.OpenAsync(session, parsed, cancellationToken);
        RestorePoint point = await points.FindAsync(snapshot, cancellationToken);
        Snapshot etcd = _points.SnapshotIn(point, parsed);
        Keyring keys = captured ? await EtcdFetch.KeysAsync(points, point, etcd, spool, session.Context, cancellationToken) : given ?? Keyring.Empty;
        SpoolFile copy = SpoolFile.Create(spool);
        try
        {
            await EtcdFetch.SnapshotAsync(points, point, etcd, copy.Stream, session.Context, cancellationToken);
            return InsideSnapshot.OfCopy(session.Context, copy, keys, ShowsSecrets(parsed), cancellationToken);
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>The key space at the revision asked for.</summary>
    public IKeySpace At(InsideSnapshot snapshot, ParseResult parsed) => snapshot.Database.At(parsed.GetValue(Revision));

    private static Keyring? GivenKeys(string? file)
    {
        if (file is null)
        {
            return null;
        }

        if (new FileInfo(file).Length > ConfigurationBytesMax)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"{file} is larger than any encryption configuration.");
        }

        try
        {
            return Keyring.Parse(File.ReadAllText(file));
        }
        catch (EncryptionConfigurationException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"{file} cannot be used: {e.Message}", e);
        }
    }
}
