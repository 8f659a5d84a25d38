using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Coordinator.Runs;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionOptions = K8sBackup.Coordinator.Fleet.SessionOptions;

namespace K8sBackup.Coordinator.Tests.Hosting;

/// <summary>A coordinator in this process: real Kestrel, real mTLS, real state directory; the repository is a fake.</summary>
internal sealed class TestCoordinator : IAsyncDisposable
{
    private readonly List<GrpcChannel> _channels = [];
    private WebApplication? _app;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("k8sbackup-coordinator-").FullName;

    public FakeRepository Repository { get; } = new();

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What else the coordinator has.</summary>
    public Action<IServiceCollection> Extra { get; init; } = _ => { };

    public LimitOptions Limits { get; init; } = new();

    public SessionOptions Session { get; init; } = new();

    public IServiceProvider Services => _app!.Services;

    public WorkBoard Board => Services.GetRequiredService<WorkBoard>();

    public NodeRegistry Nodes => Services.GetRequiredService<NodeRegistry>();

    public CertificateAuthority Authority => Services.GetRequiredService<AuthorityRing>().Current.Issuing;

    public TrustedAuthorities Authorities => Services.GetRequiredService<TrustedAuthorities>();

    public Uri Address => new($"https://{File.ReadAllText(Path.Combine(Directory, "address")).Trim()}");

    public async Task<TestCoordinator> StartAsync()
    {
        CoordinatorOptions options = new()
        {
            Cluster = "prod",
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Hosts = ["localhost", "127.0.0.1"],
            State = Directory,
            Plans = Path.Combine(Directory, "plans"),
            Store = StoreOptions.ForLocal(Path.Combine(Directory, "store")),
            KeyFile = Path.Combine(Directory, "key"),
            Limits = Limits,
            LogLevel = Microsoft.Extensions.Logging.LogLevel.Warning,
        };
        System.IO.Directory.CreateDirectory(options.Plans);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.AddHosting(options);
        builder.Services.AddEnrolment(options).AddFleet(options).AddPlans(options).AddRuns(options).AddOperatorApi(options);
        builder.Services.AddSingleton(Clock).AddSingleton(Session);
        builder.Services.AddSingleton<ISnapshotLookup>(Repository).AddSingleton<IRestorePointSink>(Repository).AddSingleton<IRepositoryFacts>(Repository);
        // The calls behind these have tests of their own, against a real repository.
        builder.Services.AddSingleton(new RepositoryCalls(null!, null!, null!, null!, null!, null!, null!, null!));
        Extra(builder.Services);
        _app = builder.Build();
        _app.MapGrpcService<EnrolmentService>();
        _app.MapGrpcService<AgentSessionService>();
        _app.MapGrpcService<OperatorService>();
        _app.MapGrpcService<AuthorityService>();
        await _app.StartAsync();
        return this;
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            _app = null;
        }
    }

    public void WritePlan(string file, string text) => File.WriteAllText(Path.Combine(Directory, "plans", file), text);

    public GrpcChannel ChannelOf(Role role, string name) => ChannelOf(IdentityOf(Authority, new PeerIdentity("prod", role, name), TimeSpan.FromHours(1)));

    public GrpcChannel ChannelOf(LocalIdentity identity) => Keep(CoordinatorChannel.Create(Address, identity));

    public GrpcChannel ChannelFor(JoinToken token) => Keep(CoordinatorChannel.CreateForEnrolment(Address, token, Clock));

    public GrpcChannel ChannelWithoutCertificate() =>
        ChannelFor(JoinToken.Create(Authority.Certificate, Clock));

    /// <summary>An identity of any authority that trusts this coordinator.</summary>
    public LocalIdentity IdentityOf(CertificateAuthority authority, PeerIdentity peer, TimeSpan lifetime)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = authority.IssueClient(new PublicKey(key), peer, lifetime);
        return new LocalIdentity(peer, certificate.CopyWithPrivateKey(key), Authorities);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (GrpcChannel channel in _channels)
        {
            channel.Dispose();
        }

        await StopAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private GrpcChannel Keep(GrpcChannel channel)
    {
        _channels.Add(channel);
        return channel;
    }
}
