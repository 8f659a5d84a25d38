using K8sBackup.Agent.Hosting;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Session;

/// <summary>Registers what keeps the agent connected and its work running.</summary>
internal static class SessionServices
{
    public static IServiceCollection AddCoordinatorSession(this IServiceCollection services) => services
        .AddSingleton(provider => new CoordinatorLink(provider.GetRequiredService<AgentOptions>().Coordinators))
        .AddSingleton(provider => new IdentityFiles(provider.GetRequiredService<AgentOptions>().IdentityDirectory, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new EnrolmentKey(provider.GetRequiredService<AgentOptions>().IdentityDirectory))
        .AddSingleton(provider => Tickets(provider.GetRequiredService<AgentOptions>()))
        .AddSingleton(provider => new EnrolmentClient(
            provider.GetRequiredService<IdentityFiles>(),
            provider.GetRequiredService<EnrolmentKey>(),
            provider.GetRequiredService<AgentOptions>().Node,
            provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new ResultJournal(
            provider.GetRequiredService<AgentOptions>().ResultsDirectory, provider.GetRequiredService<ILogger<ResultJournal>>()))
        .AddSingleton<IdentityKeeper>()
        .AddSingleton<WorkRunner>()
        .AddHostedService<SessionService>();

    private static IEnrolmentTickets Tickets(AgentOptions options) => options.ServiceAccountTokenFile.Length > 0
        ? new AccountTicketSource(options.ServiceAccountTokenFile, options.AuthorityFile)
        : new JoinTicketSource(options.JoinTokenFile, Environment.GetEnvironmentVariable);
}
