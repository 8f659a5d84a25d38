using System.CommandLine;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Health;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Impact;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.Metrics;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Resources;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Surviving;
using K8sBackup.Model.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

ProcessSecrecy.Ensure();
return await CoordinatorCommand.Create(async (options, cancellationToken) =>
{
    await using HealthServer? health = await HealthServer.StartAsync(options, cancellationToken);
    await using ClusterMembership? membership = await StartingUp.JoinAsync(options, health, cancellationToken);
    WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
    ClusterHome? home = await ClusterHome.OpenAsync(options, membership, cancellationToken);
    builder.AddHosting(options);
    builder.Services.AddKubernetes(options, membership);
    home?.AddTo(builder.Services);
    await builder.Services.AddRepositoryAsync(options, cancellationToken);
    builder.Services.AddEnrolment(options);
    builder.Services.AddFleet(options);
    if (home is null)
    {
        builder.Services.AddPlans(options);
    }
    else
    {
        builder.Services.AddResourcePlans(home.Namespace);
    }

    builder.Services.AddRuns(options);
    builder.Services.AddOperatorApi(options);
    builder.Services.AddDrills(options);
    builder.Services.AddMetrics(options);
    if (home is not null)
    {
        builder.Services.AddResourceHome(options);
    }

    await using WebApplication app = builder.Build();
    app.MapGrpcService<EnrolmentService>();
    app.MapGrpcService<AgentSessionService>();
    app.MapGrpcService<UploadService>();
    app.MapGrpcService<DownloadService>();
    app.MapGrpcService<OperatorService>();
    app.MapGrpcService<DrillService>();
    app.MapGrpcService<AuthorityService>();
    app.MapGrpcService<ImpactService>();
    app.MapGrpcService<SurvivorService>();
    health?.Follow(app.Lifetime, app.Services.GetRequiredService<MetricsPage>());
    await ((IHost)app).RunAsync(cancellationToken);

    // Signals are the host's: it stops sessions and uploads in order, which takes longer than the parser would wait.
}).Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
