using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Session;

/// <summary>Who does which work.</summary>
internal sealed record WorkHandlers(IReadOnlyDictionary<Work.TaskOneofCase, IWorkHandler> ByTask);
