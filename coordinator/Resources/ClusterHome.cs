using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.State;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>The cluster as the home of plans, runs and the coordinator's records, for a coordinator that is the leader.</summary>
public sealed class ClusterHome
{
    private readonly KubernetesClient _client;
    private readonly LoadedState _state;

    private ClusterHome(KubernetesClient client, string ns, LoadedState state)
    {
        _client = client;
        Namespace = ns;
        _state = state;
    }

    public string Namespace { get; }

    /// <summary>Reads what a former leader left; null when the home is a directory. Of the leader only: what is read must not change any more.</summary>
    /// <exception cref="OptionsException">The cluster cannot be found or does not know us.</exception>
    /// <exception cref="IOException">The API server cannot be asked.</exception>
    public static async Task<ClusterHome?> OpenAsync(CoordinatorOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Kubernetes is not { Home: KubernetesHome.Resources } kubernetes)
        {
            return null;
        }

        try
        {
            ClusterAccess access = ClusterAccess.Read(kubernetes.Kubeconfig, TimeProvider.System);
            KubernetesClient client = new(access, new KubernetesClientOptions { UserAgent = "k8s-backup-coordinator" }, TimeProvider.System, new Random());
            string ns = kubernetes.Namespace.Length > 0 ? kubernetes.Namespace : client.Namespace;
            return new ClusterHome(client, ns, await LoadedState.ReadAsync(client, client, ns, cancellationToken));
        }
        catch (KubernetesConfigurationException e)
        {
            throw new OptionsException([$"kubernetes: {e.Message}"]);
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

    /// <summary>Registers the client and the records. To be called before anything that is to stop earlier.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(_ => _client);
        services.AddSingleton<IResourceReader>(p => p.GetRequiredService<KubernetesClient>());
        services.AddSingleton<IResourceWriter>(p => p.GetRequiredService<KubernetesClient>());
        services.AddSingleton(p => new ClusterStateHome(_state, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ClusterStateHome>>()));
        services.AddSingleton<IStateHome>(p => p.GetRequiredService<ClusterStateHome>());
        services.AddHostedService(p => p.GetRequiredService<ClusterStateHome>());
    }
}
