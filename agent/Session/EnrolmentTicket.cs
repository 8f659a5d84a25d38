using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace K8sBackup.Agent.Session;

/// <summary>What lets this node enrol: a secret for the coordinator, and how to know the coordinator before it gets the secret.</summary>
internal abstract class EnrolmentTicket
{
    /// <summary>The secret. For the coordinator alone, never for a log.</summary>
    public abstract string Reveal();

    /// <summary>A channel that reaches nobody but the coordinator.</summary>
    public abstract GrpcChannel Open(Uri address, TimeProvider clock);

    /// <summary>Whether the authorities of the answer are those that were to be expected.</summary>
    public abstract bool Expects(X509Certificate2Collection authorities);
}
