namespace K8sBackup.Agent.Tests.MemberSteps;

/// <summary>Stands for the SIGKILL of the agent at a change.</summary>
internal sealed class AgentKilledException(string change) : Exception(change);
