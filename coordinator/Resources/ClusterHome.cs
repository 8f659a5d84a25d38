using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.State;
using K8sBackup.KubernetesApi.Failures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>The cluster as the home of plans, runs and the coordinator's records, for a coordinator that is the leader.</summary>
public sealed class ClusterHome
{
    private readonly LoadedState _state;

    private ClusterHome(string ns, LoadedState state)
    {
        Namespace = ns;
        _state = state;
    }

    public string Namespace { get; }

    /// <summary>Reads what a former leader left; null when the home is a directory. Of the leader only: what is read must not change any more.</summary>
    /// <exception cref="OptionsException">The cluster does not let us.</exception>
    /// <exception cref="IOException">The API server cannot be asked.</exception>
    public static async Task<ClusterHome?> OpenAsync(CoordinatorOptions options, ClusterMembership? membership, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (membership is null || options.Kubernetes is not { Home: KubernetesHome.Resources })
        {
            return null;
        }

        try
        {
            LoadedState state = await LoadedState.ReadAsync(membership.Client, membership.Client, membership.Namespace, cancellationToken);
            return new ClusterHome(membership.Namespace, state);
        }
        catch (KubernetesException e) when (e.Failure is KubernetesFailure.Forbidden or KubernetesFailure.Unauthorized)
        {
            throw new OptionsException([$"kubernetes: the coordinator may not keep its records: {e.Message}"]);
        }
        catch (KubernetesException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Registers the records. To be called before anything that is to stop earlier.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(p => new ClusterStateHome(_state, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ClusterStateHome>>()));
        services.AddSingleton<IStateHome>(p => p.GetRequiredService<ClusterStateHome>());
        services.AddHostedService(p => p.GetRequiredService<ClusterStateHome>());
    }
}
