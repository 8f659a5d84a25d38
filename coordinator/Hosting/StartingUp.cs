using System.Runtime.InteropServices;
using K8sBackup.Coordinator.Health;
using K8sBackup.Coordinator.Kubernetes;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>What comes before there is a host: waiting to lead. Signals end it, as they end the host later.</summary>
internal static class StartingUp
{
    /// <summary>Null without a cluster.</summary>
    /// <exception cref="OperationCanceledException">A signal came first.</exception>
    public static async Task<ClusterMembership?> JoinAsync(CoordinatorOptions options, HealthServer? health, CancellationToken cancellationToken)
    {
        if (options.Kubernetes is null)
        {
            return null;
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        // Lives as long as the process: the loss of the lease is logged last.
        ILoggerFactory logging = HostingSetup.EarlyLogging(options);
        return await ClusterMembership.JoinAsync(options, logging.CreateLogger<ClusterMembership>(), Environment.Exit, state => health?.Say(state), stop.Token);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
