using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Processes;

ProcessSecrecy.Ensure();
return await new AgentCommand().InvokeAsync(args, AgentHost.RunAsync);
