using K8sBackup.Agent.Freezing;
using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Processes;

ProcessSecrecy.Ensure();
return args is [FreezeProgram.Verb, .. string[] rest]
    ? await FreezeProgram.RunAsync(rest)
    : await new AgentCommand().InvokeAsync(args, AgentHost.RunAsync);
