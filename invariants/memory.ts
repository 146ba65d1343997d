/** What must be true of memory: every property of the memory chapters. */
import type { Property } from '../machine/index.ts';
import type { CheckedMemory } from '../model/index.ts';
import * as accessSteps from './memory/access-steps.ts';
import * as activitySteps from './memory/activity-steps.ts';
import { admissionInvariants } from './memory/admission.ts';
import { balloonInvariants } from './memory/balloon.ts';
import * as balloonResponses from './memory/balloon-responses.ts';
import * as balloonSteps from './memory/balloon-steps.ts';
import * as footprints from './memory/footprints.ts';
import * as frameSteps from './memory/frame-steps.ts';
import { frameInvariants } from './memory/frames.ts';
import { memoryGoals } from './memory/goals.ts';
import * as logSteps from './memory/log-steps.ts';
import { pagingInvariants } from './memory/paging.ts';
import * as pagingSteps from './memory/paging-steps.ts';
import * as pinSteps from './memory/pin-steps.ts';
import * as places from './memory/places.ts';
import { recordsStayWhereTheyArePut } from './memory/record.ts';
import * as reportingSteps from './memory/reporting-steps.ts';
import * as responses from './memory/responses.ts';
import * as runs from './memory/runs.ts';
import * as scanSteps from './memory/scan-steps.ts';
import { secretProperties } from './memory/secrets.ts';
import * as settings from './memory/settings.ts';
import { sharingInvariants } from './memory/sharing.ts';
import * as sharingResponses from './memory/sharing-responses.ts';
import * as sharingSteps from './memory/sharing-steps.ts';
import * as statisticsSteps from './memory/statistics-steps.ts';
import * as tableSteps from './memory/table-steps.ts';
import * as takingSteps from './memory/taking-steps.ts';
import * as tellings from './memory/tellings.ts';
import { vmInvariants } from './memory/vms.ts';
import * as writes from './memory/writes.ts';

/** Chapter 1: frames, content, the dirty log. */
const chapter1: readonly Property<CheckedMemory>[] = [
  ...frameInvariants,
  ...admissionInvariants,
  ...vmInvariants,
  frameSteps.limitsAreExceededBySwapInsOnly,
  writes.onlyWritesChangeContent,
  logSteps.logIsComplete,
  logSteps.harvestIsExact,
  pinSteps.pinsHold,
  activitySteps.samplingOnlyLooks,
  frameSteps.framesAreScrubbedBetweenOwners,
  frameSteps.endingReturnsEverything,
  tableSteps.tablesBelongToGuests,
  footprints.commandsMindTheirBusiness,
  places.placesChangeByTheBook,
  accessSteps.readsAreTrue,
  accessSteps.accessesAnswerTruly,
  accessSteps.waitsEndWithThePage,
  writes.bitsComeFromWrites,
  accessSteps.pageOutIsTrue,
  frameSteps.freshMemoryIsZero,
  frameSteps.killsAreTheLastResort,
  frameSteps.framesBalance,
  settings.settingsAreSetByName,
  settings.vmsBeginAsAsked,
  writes.writesArrive,
  logSteps.changesEnterLog,
  pinSteps.pinsAreCounted,
  tellings.tellingsAreTrue,
  frameSteps.bytesStay,
  activitySteps.activityIsSampled,
  tableSteps.mappingsAreAsAsked,
  responses.stalledAccessesGoOn,
  responses.excessShrinks,
];

/** Chapter 2: double paging and host swap. */
const chapter2: readonly Property<CheckedMemory>[] = [
  ...pagingInvariants,
  responses.swapInsStayPossible,
  pagingSteps.swappingIsInvisible,
  pagingSteps.writesDuringWriteOutSurvive,
  pagingSteps.doublePagingIsCounted,
  pagingSteps.givenSlotsAreFreed,
  pagingSteps.swapInsArePrivate,
  pagingSteps.totalsCountSwaps,
  pagingSteps.exchangeIsLastResort,
  pagingSteps.slotsKeepTheirBytes,
  pagingSteps.writeOutsBeginAsChosen,
  responses.swapInsServe,
  runs.swappedPagesComeBack,
];

/** Chapter 3: the balloon, and the mechanism of KVM's. */
const chapter3: readonly Property<CheckedMemory>[] = [
  ...balloonInvariants,
  balloonSteps.targetIsOnlyTarget,
  balloonSteps.stepsLeadToTarget,
  balloonSteps.inflatingTakesFreePages,
  balloonSteps.targetIsNotPassed,
  takingSteps.gainsAreReal,
  takingSteps.returnedPagesAreOwn,
  balloonSteps.emergencyKeepsTarget,
  balloonSteps.guestsAreSavedFirst,
  balloonSteps.giftsAreCounted,
  statisticsSteps.statisticsAreTrue,
  takingSteps.balloonOpensOnTouch,
  takingSteps.wholeHostPagesAreTaken,
  takingSteps.deflatedPagesAreUsable,
  reportingSteps.driversAreAsLoaded,
  balloonResponses.balloonSettles,
  balloonResponses.surplusBecomesUsable,
  runs.targetsAreReached,
  reportingSteps.featuresAreFixed,
  reportingSteps.reportingIsNoBalloon,
  reportingSteps.poisonSurvivesReporting,
  reportingSteps.reportsArePoisoned,
];

/** Chapter 4: page sharing. */
const chapter4: readonly Property<CheckedMemory>[] = [
  ...sharingInvariants,
  sharingSteps.sharedFramesDoNotChange,
  sharingSteps.sharingIsTransparent,
  sharingSteps.framesOfSharingBalance,
  sharingSteps.mergedPagesAreEqual,
  sharingSteps.breaksAreLocal,
  accessSteps.waitingChangesNothing,
  scanSteps.volatilePagesAreNoCandidates,
  scanSteps.visitsComeToWhatTheyMust,
  scanSteps.scansEndClean,
  scanSteps.scannerIsRunAsAsked,
  sharingResponses.equalPagesMerge,
  sharingResponses.breaksComplete,
  sharingResponses.unmergingEnds,
];

export const memoryProperties: readonly Property<CheckedMemory>[] = [
  ...chapter1,
  recordsStayWhereTheyArePut,
  ...chapter2,
  ...chapter3,
  ...chapter4,
  ...secretProperties,
  ...memoryGoals,
];
