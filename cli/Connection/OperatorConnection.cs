using Grpc.Net.Client;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Cli.Connection;

/// <summary>A channel to the coordinator in the operator's name.</summary>
internal sealed class OperatorConnection : IDisposable
{
    private readonly GrpcChannel _channel;

    private OperatorConnection(GrpcChannel channel, Uri address, LocalIdentity identity, string identityDirectory)
    {
        _channel = channel;
        Address = address;
        Identity = identity;
        IdentityDirectory = identityDirectory;
        Client = new Operator.OperatorClient(channel);
        Survivors = new Survivors.SurvivorsClient(channel);
        Impacts = new Impacts.ImpactsClient(channel);
        Drills = new Transport.V1.Drills.DrillsClient(channel);
        Authorities = new Transport.V1.Authorities.AuthoritiesClient(channel);
    }

    public Uri Address { get; }

    /// <summary>In whose name.</summary>
    public LocalIdentity Identity { get; }

    /// <summary>Where that is kept.</summary>
    public string IdentityDirectory { get; }

    public Transport.V1.Authorities.AuthoritiesClient Authorities { get; }

    public Operator.OperatorClient Client { get; }

    public Transport.V1.Drills.DrillsClient Drills { get; }

    public Impacts.ImpactsClient Impacts { get; }

    public Survivors.SurvivorsClient Survivors { get; }

    /// <summary>Loads the identity and makes the channel; connects with the first call.</summary>
    public static OperatorConnection Open(ClientConfig config, TimeProvider clock)
    {
        IdentityFiles files = new(config.IdentityDirectory, clock);
        if (!files.Exists)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"There is no identity at {files.FilePath}, which {config.File} names.");
        }

        LocalIdentity identity = files.Load();
        if (identity.Peer.Role != Role.Operator)
        {
            throw new BackupException(
                FailureCause.PermissionDenied,
                $"The identity in {files.FilePath} is {identity.Peer}, which is not an operator's.");
        }

        if (clock.GetUtcNow() > identity.Certificate.NotAfter)
        {
            throw new BackupException(
                FailureCause.PermissionDenied,
                $"The operator certificate in {files.FilePath} ended on {identity.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}. Run 'k8sbackup init' on the coordinator's machine to get a new one.");
        }

        return new OperatorConnection(CoordinatorChannel.Create(config.Coordinator, identity), config.Coordinator, identity, config.IdentityDirectory);
    }

    public void Dispose() => _channel.Dispose();
}
