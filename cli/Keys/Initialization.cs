using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository;
using K8sBackup.Repository.Keys;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Cli.Keys;

/// <summary>
/// Makes what a coordinator and its first operator need, in this order: (1) key file, (2) recovery passphrase in safe hands,
/// (3) repository, (4) certificate authority, (5) operator identity, (6) configuration files. What exists is left
/// alone and reported, so that an interrupted run is finished by the same command.
/// </summary>
internal sealed class Initialization
{
    private readonly InitPlan _plan;
    private readonly CliContext _context;
    private readonly List<InitPart> _parts = [];

    public Initialization(InitPlan plan, CliContext context)
    {
        _plan = plan;
        _context = context;
    }

    public async Task<IReadOnlyList<InitPart>> RunAsync(CancellationToken cancellationToken)
    {
        PrivateFiles.CreateDirectory(_plan.State);
        await MakeRepositoryAsync(cancellationToken);
        using AuthorityPair authorities = MakeAuthority();
        MakeOperator(authorities);
        MakeFile("client configuration", _plan.ClientConfigFile, Connection.ClientConfigFile.Format(_plan.Address, "identity"));
        Directory.CreateDirectory(_plan.Plans);
        MakeFile("example plan", Path.Combine(_plan.Plans, "nightly.yaml.example"), InitFiles.ExamplePlan);
        MakeFile("coordinator configuration", _plan.ConfigFile, InitFiles.Coordinator(_plan));
        return _parts;
    }

    private async Task MakeRepositoryAsync(CancellationToken cancellationToken)
    {
        using OpenedStore target = await StoreFactory.OpenAsync(_plan.Store, StoreUse.Create, _context.Clock, cancellationToken);
        IObjectStore store = target.Store;
        string place = target.Description;
        bool hasKeyFile = File.Exists(_plan.KeyFile);
        bool exists = await RepositoryInitializer.ExistsAsync(store, cancellationToken);
        if (hasKeyFile && exists)
        {
            using KeyFile existing = KeyFile.Read(_plan.KeyFile);
            using MasterKeys opened = await new KeySlots(store, _context.Clock).UnlockAsync(existing, cancellationToken);
            Report("key file", _plan.KeyFile, false);
            Report("repository", place, false);
            return;
        }

        if (exists)
        {
            throw new BackupException(
                FailureCause.TargetUnusable,
                $"{place} holds a repository, and its key file {_plan.KeyFile} is missing. Make one from the recovery passphrase: "
                + $"k8sbackup key add --store {place} --passphrase-file FILE --new-key-file {_plan.KeyFile}");
        }

        using Passphrase recovery = RecoveryPassphrase.Obtain(_context, _plan.RecoveryPassphraseFile, _plan.RecoveryOut);
        using KeyFile key = hasKeyFile ? KeyFile.Read(_plan.KeyFile) : KeyFile.Generate();
        if (!hasKeyFile)
        {
            key.WriteNew(_plan.KeyFile);
        }

        Report("key file", _plan.KeyFile, !hasKeyFile);
        if (_plan.RecoveryOut is not null && _plan.RecoveryPassphraseFile is null)
        {
            Report("recovery passphrase", _plan.RecoveryOut, true);
        }

        NewSlot[] slots = [new(key, "coordinator"), new(recovery, "recovery")];
        using MasterKeys keys = await RepositoryInitializer.CreateAsync(store, slots, _context.Clock, cancellationToken);
        Report("repository", place, true);
    }

    private AuthorityPair MakeAuthority()
    {
        bool exists = Directory.Exists(_plan.Authority);
        AuthorityPair authorities = AuthorityPair.OpenOrCreate(_plan.Authority, _plan.Cluster, _context.Clock);
        Report("certificate authority", _plan.Authority, !exists);
        return authorities;
    }

    private void MakeOperator(AuthorityPair authorities)
    {
        IdentityFiles files = new(Path.Combine(_plan.OperatorFolder, "identity"), _context.Clock);
        if (files.Exists && files.Load() is { } identity && identity.Certificate.NotAfter > _context.Clock.GetUtcNow())
        {
            if (identity.Peer.Cluster != _plan.Cluster || !(authorities.Issuing.Issued(identity.Certificate) || authorities.Serving.Issued(identity.Certificate)))
            {
                throw new BackupException(
                    FailureCause.TargetUnusable,
                    $"{files.FilePath} is the identity {identity.Peer}, of another cluster or authority. Name another directory with --operator-dir.");
            }

            Report("operator identity", files.FilePath, false);
            return;
        }

        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PeerIdentity peer = new(_plan.Cluster, Role.Operator, _plan.OperatorName);
        using X509Certificate2 certificate = authorities.Issuing.IssueClient(new PublicKey(key), peer, CertificateAuthority.OperatorLifetime);
        files.Save(key, certificate, authorities.Certificates);
        Report("operator identity", files.FilePath, true);
    }

    private void MakeFile(string what, string path, string text)
    {
        bool exists = File.Exists(path);
        if (!exists)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            PrivateFiles.Write(path, text);
        }

        Report(what, path, !exists);
    }

    private void Report(string what, string place, bool wasMade) => _parts.Add(new InitPart(what, place, wasMade));
}
