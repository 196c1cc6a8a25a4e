import MastershipCore
import Primitives
import VIPCore

/// One thing that happens in the world at one moment.
enum Happening {
    // Cluster daemon
    case arrival(node: Int, life: Int, MastershipCore.Event)
    case clusterWake(node: Int, life: Int, version: Int)
    case attemptEnd(node: Int, life: Int, write: UInt64)
    case readEnd(node: Int, life: Int)
    case news(node: Int, streamLife: Int, index: Int)
    case streamCheck
    // etcd
    case request(StoreModel.Request)
    case commit(StoreModel.Request)
    case election(term: Int)
    case leaderTransfer(to: Int)
    // VIP daemon and kernel
    case vipArrival(node: Int, life: Int, VIPCore.Event)
    case vipWake(node: Int, life: Int, version: Int)
    case kernelExpiry(node: Int, version: Int)
    // Processes
    case start(node: Int, Daemon, life: Int)
    // Service, storage and clients
    case clientTurn(client: Int)
    case clientRequest(node: Int, ClientOperation)
    case clientAnswer(ClientOperation, value: Int)
    case clientGivesUp(client: Int, number: Int)
    case storageRequest(node: Int, version: Int, GuardedStoreModel.Request, epoch: Epoch, sequence: Int)
    case storageAnswer(node: Int, version: Int, value: Int?)
    case storageGivesUp(node: Int, version: Int)
    // The plan of the run
    case fault(Fault)
    case faultEnd(Fault, node: Int, era: Int)
    case snapshot
    case restored
    case rejoin(node: Int)
    case excuseEnd(node: Int, stunCount: Int)
    case planned
    case choice(node: Int, profile: Int)
    case phase(Phase)
}

enum Daemon: Sendable { case cluster, vip, etcd, machine }

/// The course of a run.
enum Phase {
    case quiet, episode, chaos, healing, judged
}
