using K8sBackup.Agent.Hosting;

return await new AgentCommand().InvokeAsync(args, AgentHost.RunAsync);
