using K8sBackup.Coordinator.Hooks;
using K8sBackup.KubernetesApi.Exec;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>Runs commands through the API server, in the pod meant and no other of its name.</summary>
public sealed class KubernetesPodCommands : IPodCommands
{
    private readonly IResourceReader _reader;
    private readonly IPodExec _exec;

    public KubernetesPodCommands(IResourceReader reader, IPodExec exec)
    {
        _reader = reader;
        _exec = exec;
    }

    public async Task<CommandOutcome> RunAsync(PodReference pod, HookCommand command, CommandOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(output);
        try
        {
            ResourceName name = new(pod.Namespace, pod.Name);
            Pod? found = await _reader.FindAsync(KubernetesTypes.Pods, name, cancellationToken);
            if (Gone(pod, found) is { } gone)
            {
                return new CommandOutcome.PodGone(gone);
            }

            string container = command.Container.Length > 0 ? command.Container : found!.Spec.Containers[0].Name;
            PodCommand call = new(name, container, command.Command) { Timeout = command.Timeout };
            int code = await _exec.RunAsync(call, new PodStreams { Output = output.StandardOutput, Error = output.StandardError }, cancellationToken);
            return new CommandOutcome.Exited(code, output.ErrorText);
        }
        catch (KubernetesException e) when (e.Failure == KubernetesFailure.NotFound)
        {
            return new CommandOutcome.PodGone(e.Message);
        }
        catch (KubernetesException e)
        {
            return e.IsPermanent ? new CommandOutcome.Refused(e.Message) : new CommandOutcome.Unreachable(e.Message);
        }
    }

    private static string? Gone(PodReference meant, Pod? found)
    {
        if (found is null || found.Metadata.Uid != meant.Uid)
        {
            return found is null ? "The pod is not there any more." : "Another pod has its name by now.";
        }

        return found.Status.Phase == "Running" ? null : $"The pod is {found.Status.Phase}, not Running.";
    }
}
